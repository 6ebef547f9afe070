import type { Clock } from "../../base/clock.ts";
import type { TaskState } from "../../base/supervisor.ts";
import type { FaultSeverity } from "../../words/fault.ts";
import { MINUTE_MS } from "../../words/times.ts";
import type { FaultSource, Sighting } from "../fault.ts";

/** A task that has run for so long since it was started again is well. */
export const WELL_MS = MINUTE_MS;
const OFTEN_WITHIN_MS = 10 * MINUTE_MS;
/** So many failures within ten minutes are more than an accident. */
const OFTEN = 3;

/**
 * Background tasks that crash or hang. One that fails once is a small matter, because it is started again; again and
 * again is more; one that was given up does not work until somebody restarts it.
 */
export function taskSource(
  { clock, states, essential }: {
    clock: Clock;
    states: () => readonly TaskState[];
    /** Tasks without which Perch does not do what it promises. */
    essential: ReadonlySet<string>;
  },
): FaultSource {
  /** When each failed (monotonic), as far as these looks saw it. */
  const failures = new Map<string, { count: number; atMs: number[] }>();

  function failed({ name, restarts }: TaskState): number[] {
    const nowMs = clock.monotonic();
    const before = failures.get(name) ?? { count: 0, atMs: [] };
    const fresh = Math.min(OFTEN, Math.max(0, restarts - before.count));
    const atMs = [...before.atMs, ...Array(fresh).fill(nowMs)]
      .slice(-OFTEN);
    failures.set(name, { count: restarts, atMs });
    return atMs;
  }

  function severityOf(atMs: readonly number[]): FaultSeverity {
    const nowMs = clock.monotonic();
    return atMs.filter((one) => nowMs - one < OFTEN_WITHIN_MS).length >= OFTEN ? "medium" : "low";
  }

  function look(task: TaskState): Sighting | null {
    const { name, state, restarts, hangs, lastError = "" } = task;
    const component = `task:${name}`;
    const atMs = failed(task);
    if (state === "hung") {
      return {
        cause: `${component}:given_up`,
        component,
        type: "task_given_up",
        severity: essential.has(name) ? "critical" : "high",
        message: `The task ${name} hung again and again and is not started any more; restart it ` +
          `(${lastError})`,
      };
    }
    const newest = atMs.at(-1);
    if (newest === undefined || state === "stopped") return null;
    const isWell = state === "running" && clock.monotonic() - newest > WELL_MS;
    if (isWell) return null;
    const hung = hangs > 0 && lastError.startsWith("did not move");
    return {
      cause: `${component}:failing`,
      component,
      type: hung ? "task_hung" : "task_crashed",
      severity: severityOf(atMs),
      message: `The task ${name} ${hung ? "hung" : "failed"} and was started again (${lastError})`,
      times: restarts,
    };
  }

  return { name: "tasks", look: () => states().flatMap((one) => look(one) ?? []) };
}
