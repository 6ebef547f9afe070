import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { HOUR_MS } from "../words/times.ts";
import type { ReadingsStore, Retained, RetainOptions } from "./store.ts";

/** Pause between two looks for late data to merge. */
const COMPACT_EVERY_MS = 10_000;
const RETAIN_EVERY_MS = 10 * 60_000;
/** Pause between two small steps, so that commits and queries go in between. */
const STEP_PAUSE_MS = 50;
/** What only makes queries faster, or the file smaller, waits longer. */
const IDLE_PAUSE_MS = 200;
/** Steps of the index, and of gathering, between two looks at the rest. */
const IDLE_STEPS = 40;
/** Pause between two rounds of gathering: a sensor of 1 Hz has a run to gather every eight hours. */
const GATHER_EVERY_MS = HOUR_MS;

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
 * retention no longer keeps, makes large chunks of small ones, and sums up hours for queries, in small steps between
 * the commits.
 */
export function createReadingsUpkeep(
  deps: {
    readings: Pick<ReadingsStore, "compact" | "retain" | "gather" | "indexHours">;
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

  /** True when there is nothing left to do. */
  async function someSteps(step: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
    for (let steps = 0; steps < IDLE_STEPS && !signal.aborted; steps++) {
      if (!await step()) return true;
      await clock.sleep(IDLE_PAUSE_MS, signal);
    }
    return false;
  }

  return {
    name: "readings upkeep",
    async run(signal) {
      let retainedMs = -Infinity;
      // Not in the first minutes: others have a lot to do then.
      let gatheredMs = clock.monotonic();
      while (!signal.aborted) {
        while (!signal.aborted && await readings.compact()) {
          await clock.sleep(STEP_PAUSE_MS, signal);
        }
        if (clock.monotonic() - retainedMs >= RETAIN_EVERY_MS) {
          await retain(signal);
          retainedMs = clock.monotonic();
        }
        if (clock.monotonic() - gatheredMs >= GATHER_EVERY_MS) {
          if (await someSteps(() => readings.gather(), signal)) gatheredMs = clock.monotonic();
        }
        await someSteps(() => readings.indexHours(), signal);
        await clock.sleep(COMPACT_EVERY_MS, signal);
      }
    },
  };
}
