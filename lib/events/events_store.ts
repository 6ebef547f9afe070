import { randomId } from "../base/ids.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import { isOrBelow, type PageOf } from "../db/list.ts";
import {
  asc,
  build,
  count,
  createOrm,
  eq,
  gt,
  gte,
  inArray,
  literally,
  max,
  onFirstUse,
  placeholders,
  prepared,
  sql,
  statementOf,
} from "../db/orm.ts";
import { events } from "../db/schema/events.ts";
import type { EventDraft, LoggedEvent } from "./event.ts";
import { createEventList } from "./list_store.ts";
import type { EventQuery } from "./query.ts";
import { eventOf, LOGGED } from "./row_store.ts";

/** The one event log: append-only. */
export interface EventLog {
  /** The row as a statement, to be written in the transaction of what it records. */
  statement(draft: EventDraft): SqlStatement;
  append(draft: EventDraft): Promise<void>;
  /** An event that has a uid elsewhere, as a statement: written once, however often it comes. */
  foreign(draft: Omit<EventDraft, "route">, uid: string): SqlStatement;
  /** In the order in which they were written, newest first. */
  list(query: EventQuery): Promise<PageOf<LoggedEvent>>;
  find(id: number): Promise<LoggedEvent | null>;
  /** Those that came after an event, oldest first. */
  after(id: number, most: number): Promise<LoggedEvent[]>;
  /** Id of the newest event, 0 without any. */
  newest(): Promise<number>;
  /** Types of a family that occur: `external.scan` of `external`. */
  typesOf(family: string): Promise<string[]>;
  /** How many of each type there are from a time on. */
  countsSince(fromMs: number): Promise<Map<string, number>>;
  /** Events that wait to be routed, oldest first. */
  toRoute(limit: number): Promise<LoggedEvent[]>;
  /** Marks them as routed; belongs into the transaction that writes what became of them. */
  routed(ids: readonly number[]): SqlStatement;
}

type Row = typeof events.$inferSelect;
const UID_LENGTH = 24;
const { id: __, ...GIVEN } = placeholders(events);
const insert = prepared<Omit<Row, "id">>(build.insert(events).values(GIVEN));
const insertOnce = prepared<Omit<Row, "id">>(
  build.insert(events).values(GIVEN).onConflictDoNothing(),
);

/** @param onStated called with each row that is made: it will be in the log when its transaction is committed */
export function createEventLog(db: Database, onStated: () => void = () => {}): EventLog {
  const orm = createOrm(db);
  const all = () => orm.select(LOGGED).from(events);
  const findToRoute = onFirstUse(() =>
    all().where(literally(eq(events.route, true)))
      .orderBy(asc(events.id)).limit(sql.placeholder("limit")).prepare()
  );
  const findAfter = onFirstUse(() =>
    all().where(gt(events.id, sql.placeholder("id")))
      .orderBy(asc(events.id)).limit(sql.placeholder("most")).prepare()
  );
  function statement(draft: EventDraft): SqlStatement {
    onStated();
    return insertOf(draft);
  }
  return {
    statement,
    append: async (draft) => void await db.write([statement(draft)]),
    foreign(draft, uid) {
      onStated();
      return insertOnce({ ...draft, uid, route: false, body: JSON.stringify(draft.body ?? null) });
    },
    list: createEventList(db),
    async find(id) {
      const row = await all().where(eq(events.id, id)).get();
      return row === undefined ? null : eventOf(row);
    },
    after: async (id, most) => (await findAfter().all({ id, most })).map(eventOf),
    async newest() {
      const newest = await orm.select({ id: max(events.id) }).from(events).get();
      return newest?.id ?? 0;
    },
    async typesOf(family) {
      const below = isOrBelow(events.type, family, ".");
      const rows = await orm.selectDistinct({ type: events.type }).from(events).where(below);
      return rows.map(({ type }) => type);
    },
    async countsSince(fromMs) {
      // `+`: in the order of types SQLite would read every event there is instead of those of the time.
      const rows = await orm.select({ type: events.type, n: count() }).from(events)
        .where(gte(events.tMs, fromMs)).groupBy(sql`+${events.type}`);
      return new Map(rows.map(({ type, n }) => [type, n]));
    },
    toRoute: async (limit) => (await findToRoute().all({ limit })).map(eventOf),
    routed: (ids) =>
      statementOf(build.update(events).set({ route: false }).where(inArray(events.id, [...ids]))),
  };
}

function insertOf(draft: EventDraft): SqlStatement {
  return insert({
    ...draft,
    uid: randomId(UID_LENGTH),
    body: JSON.stringify(draft.body ?? null),
  });
}
