import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { ReadingsStore, Retained, RetainOptions } from "./store.ts";

/** Pause between two looks for late data to merge. */
const COMPACT_EVERY_MS = 10_000;
const RETAIN_EVERY_MS = 10 * 60_000;
/** Pause between two small steps, so that commits and queries go in between. */
const STEP_PAUSE_MS = 50;
/** What only makes queries faster waits longer. */
const INDEX_PAUSE_MS = 200;
/** Steps of the index between two looks at the rest. */
const INDEX_STEPS = 40;

/** What a step gives that had nothing to do. */
export const NOTHING_RETAINED: Retained = {
  chunks: 0,
  readings: 0,
  minutes: 0,
  hours: 0,
  deleted: 0,
  more: false,
};

/**
 * The background task that keeps the readings tidy: merges late data into its place, takes down a tier what
 * retention no longer keeps, and sums up hours for queries, in small steps between the commits.
 */
export function createReadingsUpkeep(
  deps: {
    readings: Pick<ReadingsStore, "compact" | "retain" | "indexHours">;
    clock: Clock;
    log: Log;
    /** Asked before each round, so that a changed setting counts at once. */
    retention: () => RetainOptions;
  },
): Task {
  const { readings, clock, log } = deps;

  async function retain(signal: AbortSignal): Promise<void> {
    const options = deps.retention();
    const { keepMs, keepMinutesMs, keepHoursMs, maxBytes } = options;
    if ((keepMs ?? keepMinutesMs ?? keepHoursMs ?? maxBytes) === undefined) return;
    const all = { ...NOTHING_RETAINED };
    do {
      const step = await readings.retain(options);
      all.chunks += step.chunks;
      all.readings += step.readings;
      all.minutes += step.minutes;
      all.hours += step.hours;
      all.deleted += step.deleted;
      all.more = step.more;
      if (all.more) await clock.sleep(STEP_PAUSE_MS, signal);
    } while (all.more && !signal.aborted);
    const { more: _, ...done } = all;
    const isAnything = done.chunks + done.minutes + done.hours > 0;
    if (isAnything) log.info("retention summed up or deleted what is old", done);
  }

  async function index(signal: AbortSignal): Promise<void> {
    for (let steps = 0; steps < INDEX_STEPS && !signal.aborted; steps++) {
      if (!await readings.indexHours()) return;
      await clock.sleep(INDEX_PAUSE_MS, signal);
    }
  }

  return {
    name: "readings upkeep",
    async run(signal) {
      let retainedMs = -Infinity;
      while (!signal.aborted) {
        while (!signal.aborted && await readings.compact()) {
          await clock.sleep(STEP_PAUSE_MS, signal);
        }
        if (clock.monotonic() - retainedMs >= RETAIN_EVERY_MS) {
          await retain(signal);
          retainedMs = clock.monotonic();
        }
        await index(signal);
        await clock.sleep(COMPACT_EVERY_MS, signal);
      }
    },
  };
}
