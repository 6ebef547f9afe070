/** Keeps the trusted time (`lib/base/trusted_time.ts`): one row, written at the first start and ever after. */
import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { SteadyClock } from "../base/steady_clock.ts";
import type { Task } from "../base/supervisor.ts";
import { HOST_EARLIEST_MS, HOST_LATEST_MS, type TrustedTime } from "../base/trusted_time.ts";
import type { Database, SqlStatement } from "./client.ts";
import { build, columnsBut, createOrm, excluded, max, placeholders, prepared } from "./orm.ts";
import { trustedClock } from "./schema/db.ts";
import { events } from "./schema/events.ts";
import { series } from "./schema/readings.ts";

/** Looked at this often; written when something else than time has moved it. */
const LOOK_MS = 10_000;
/** Written at least this often while all is well. */
const KEEP_MS = 10 * 60_000;
const MOVED_MS = 60_000;

/** The kept time; null at the first start. */
async function read(db: Pick<Database, "query">): Promise<TrustedTime | null> {
  const row = await createOrm(db).select().from(trustedClock).get();
  if (row === undefined) return null;
  const { one: _, ...time } = row;
  return time;
}

/** The newest time that a database of an earlier version shows: of its events and readings. */
async function evidence(db: Pick<Database, "query">): Promise<number | null> {
  const orm = createOrm(db);
  const newest = [
    await orm.select({ ms: max(events.tMs) }).from(events).get(),
    await orm.select({ ms: max(series.newestMs) }).from(series).get(),
  ].flatMap((row) => row?.ms ?? []);
  return newest.length === 0 ? null : Math.max(...newest);
}

const put = prepared<typeof trustedClock.$inferInsert>(
  build.insert(trustedClock).values(placeholders(trustedClock)).onConflictDoUpdate({
    target: trustedClock.one,
    set: excluded(trustedClock, columnsBut(trustedClock, ["one"])),
  }),
);

/** The statement that keeps a trusted time. */
export function keepTime(time: TrustedTime): SqlStatement {
  return put({ one: 1, ...time });
}

/** Takes up the time that was kept, or begins with one and keeps it at once: no first jump is trusted. */
export async function loadTime(db: Database, clock: SteadyClock): Promise<void> {
  const stored = await read(db);
  clock.load(stored, stored === null ? await evidence(db) : null);
  await db.write([keepTime(clock.kept())]);
}

/**
 * A person says that the host's clock is right: what waited continues at once. `also` is written with it.
 * @throws PerchError `conflict` when no clock can be right that says so
 */
export async function confirmTime(
  db: Pick<Database, "write">,
  clock: SteadyClock,
  also: readonly SqlStatement[],
): Promise<void> {
  const time = clock.confirmed();
  if (time === null) {
    const shown = new Date(clock.state().hostMs).toISOString();
    throw new PerchError(
      "conflict",
      `the clock of this host says ${shown}, which cannot be right; set it to a time from ` +
        `${new Date(HOST_EARLIEST_MS).getUTCFullYear()} to ` +
        `${new Date(HOST_LATEST_MS).getUTCFullYear() - 1} first`,
    );
  }
  await db.write([keepTime(time), ...also]);
  clock.load(time, null);
}

/** Keeps the trusted time on disk: at once when it was moved by more than time, else every ten minutes. */
export function keepTimeTask(
  deps: { db: Pick<Database, "write">; steady: SteadyClock; clock: Clock },
): Task {
  const { db, steady, clock } = deps;
  return {
    name: "trusted clock",
    async run(signal) {
      let kept = steady.kept();
      let keptMs = clock.monotonic();
      for (;;) {
        await clock.sleep(LOOK_MS, signal);
        const time = steady.kept();
        const elapsedMs = clock.monotonic() - keptMs;
        const movedMs = Math.abs(time.trustedMs - kept.trustedMs - elapsedMs);
        const doubtful = steady.state().doubt !== null;
        if (!doubtful && movedMs < MOVED_MS && elapsedMs < KEEP_MS) continue;
        await db.write([keepTime(time)]);
        kept = time;
        keptMs = clock.monotonic();
      }
    },
  };
}
