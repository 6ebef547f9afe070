import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import type { ReadingsStore, RetainOptions } from "./store.ts";

/** Pause between two looks for late data to merge. */
const COMPACT_EVERY_MS = 10_000;
const RETAIN_EVERY_MS = 10 * 60_000;
/** Pause between two small steps, so that commits and queries go in between. */
const STEP_PAUSE_MS = 50;

/**
 * The background task that keeps the readings tidy: merges late data into its place and deletes what
 * retention no longer keeps, in small steps between the commits.
 */
export function createReadingsUpkeep(
  deps: {
    readings: Pick<ReadingsStore, "compact" | "retain">;
    clock: Clock;
    log: Log;
    /** Asked before each round, so that a changed setting counts at once. */
    retention: () => RetainOptions;
  },
): Task {
  const { readings, clock, log } = deps;

  async function retain(signal: AbortSignal): Promise<void> {
    const options = deps.retention();
    if (options.keepMs === undefined && options.maxBytes === undefined) return;
    let chunks = 0;
    let deleted = 0;
    for (let more = true; more && !signal.aborted;) {
      const step = await readings.retain(options);
      chunks += step.chunks;
      deleted += step.readings;
      more = step.more;
      if (more) await clock.sleep(STEP_PAUSE_MS, signal);
    }
    if (chunks > 0) log.info("retention deleted old readings", { chunks, readings: deleted });
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
        await clock.sleep(COMPACT_EVERY_MS, signal);
      }
    },
  };
}
