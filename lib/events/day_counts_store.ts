import type { Clock } from "../base/clock.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import { build, createOrm, excluded, placeholders, prepared } from "../db/orm.ts";
import { dayCounts } from "../db/schema/events.ts";
import { dayOf } from "../words/days.ts";

/** What is counted over a day of the site's zone, also over a restart. */
export interface DayCounts {
  /** Reads what was kept. Before it, `of` and `statement` know only what was added since the start. */
  load(): Promise<void>;
  today(): ReturnType<typeof dayOf>;
  of(name: string): number;
  /** Less than nothing takes back. */
  add(name: string, n: number): void;
  /** Keeps what was counted. */
  statement(name: string): SqlStatement;
}

type Row = typeof dayCounts.$inferSelect;
const put = prepared<Row>(
  build.insert(dayCounts).values(placeholders(dayCounts)).onConflictDoUpdate({
    target: dayCounts.name,
    set: excluded(dayCounts, ["day", "n"]),
  }),
);

export function createDayCounts(
  { db, clock, zone }: { db: Pick<Database, "query">; clock: Clock; zone: () => string },
): DayCounts {
  const counts = new Map<string, { day: string; n: number }>();
  let loaded: Promise<void> | null = null;
  let dayZone = zone();
  let day = dayOf(clock.now(), dayZone);

  function today() {
    const nowMs = clock.now(), zoneNow = zone();
    if (nowMs < day.fromMs || nowMs >= day.toMs || zoneNow !== dayZone) {
      dayZone = zoneNow;
      day = dayOf(nowMs, zoneNow);
    }
    return day;
  }
  function entry(name: string) {
    const { name: now } = today();
    const before = counts.get(name);
    if (before !== undefined && before.day === now) return before;
    const fresh = { day: now, n: 0 };
    counts.set(name, fresh);
    return fresh;
  }
  async function read(): Promise<void> {
    const { name: now } = today();
    for (const { name, day, n } of await createOrm(db).select().from(dayCounts)) {
      if (day === now) entry(name).n += n;
    }
  }

  return {
    load: () => loaded ??= read().catch((error) => (loaded = null, Promise.reject(error))),
    today,
    of: (name) => entry(name).n,
    add: (name, n) => void (entry(name).n += n),
    statement: (name) => put({ name, ...entry(name) }),
  };
}
