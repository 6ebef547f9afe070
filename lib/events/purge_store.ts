import type { Database } from "../db/client.ts";
import {
  and,
  asc,
  build,
  count,
  createOrm,
  eq,
  inArray,
  lt,
  type SQL,
  sql,
  statementOf,
} from "../db/orm.ts";
import { events } from "../db/schema/events.ts";

/** What the log may hold. */
export interface EventsKept {
  /** Older ones go, but those of alarms and tickets, which go with them. */
  fromMs: number;
  /** Of more than that the oldest go, whatever they are of. */
  most: number;
}

/**
 * Deletes what is beyond that, `atOnce` at most, and gives how many. What waits to be routed stays.
 */
export function createEventPurge(
  db: Database,
): (kept: EventsKept, atOnce: number) => Promise<number> {
  const orm = createOrm(db);

  async function remove(which: SQL | undefined, limit: number): Promise<number> {
    const ids = build.select({ id: events.id }).from(events)
      .where(and(which, eq(events.route, false))).orderBy(asc(events.id)).limit(limit);
    const [gone] = await db.write([
      statementOf(build.delete(events).where(inArray(events.id, ids))),
    ]);
    return gone.rowsAffected;
  }

  return async ({ fromMs, most }, atOnce) => {
    const [{ n }] = await orm.select({ n: count() }).from(events);
    if (n > most) return await remove(undefined, Math.min(atOnce, n - most));
    const [old] = await orm.select({ id: events.id }).from(events).where(isOld(fromMs)).limit(1);
    return old === undefined ? 0 : await remove(isOld(fromMs), atOnce);
  };
}

function isOld(fromMs: number): SQL | undefined {
  return and(
    lt(events.tMs, fromMs),
    sql`${events.subject} not like 'alarm:%' and ${events.subject} not like 'ticket:%'`,
  );
}
