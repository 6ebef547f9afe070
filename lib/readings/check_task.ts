import type { Clock } from "../base/clock.ts";
import type { Task } from "../base/supervisor.ts";
import type { Damage, ReadingsStore } from "./store.ts";

/** Pause between two steps of the quick pass, and of the full one. */
const QUICK_PAUSE_MS = 100;
const FULL_PAUSE_MS = 5_000;
/** A full pass begins this long after the last one began, or when that one is through, if it takes longer. */
const FULL_EVERY_MS = 86_400_000;

/**
 * The background task that looks for damage, in small steps between commits and queries, and reports what it and
 * whoever reads have found: at start, and within five seconds of each change.
 */
export function createReadingsCheck(deps: {
  readings: Pick<ReadingsStore, "check" | "damage">;
  clock: Clock;
  /** All that is damaged now. Called at start and when it changes. */
  report: (damage: readonly Damage[]) => Promise<void>;
}): Task {
  const { readings, clock } = deps;
  let reported: string | null = null;

  async function report(): Promise<void> {
    const damage = await readings.damage();
    const key = damage.map((d) => `${d.kind} ${d.ref} ${d.foundMs} ${d.acknowledgedMs}`).join();
    if (key === reported) return;
    await deps.report(damage);
    reported = key;
  }

  return {
    name: "readings check",
    async run(signal) {
      await report();
      let step = await readings.check("quick");
      while (!step.finished && !signal.aborted) {
        await clock.sleep(QUICK_PAUSE_MS, signal);
        step = await readings.check("quick");
      }
      while (!signal.aborted) {
        const { underWay, startedMs } = step;
        // A start in the future is that of a clock that was wrong.
        const sinceMs = startedMs === null ? Infinity : Math.abs(clock.now() - startedMs);
        if (underWay || sinceMs >= FULL_EVERY_MS) step = await readings.check("full");
        await report();
        await clock.sleep(FULL_PAUSE_MS, signal);
      }
    },
  };
}
