import type { Supervisor, TaskState } from "../base/supervisor.ts";
import { HOUR_MS } from "../words/times.ts";
import type { Parts } from "./parts.ts";

/** A task that failed is part of the state of Perch for so long. */
const RECENT_MS = 10 * 60_000;

/** Shows how the background tasks are, and writes an event when one fails: per task at most once an hour. */
export function watchTasks(
  supervisor: Supervisor,
  { components, events, clock }: Pick<Parts, "components" | "events" | "clock">,
): void {
  const writtenMs = new Map<string, number>();
  components.register("tasks", () => {
    const states = supervisor.states();
    const [worst] = states.filter((one) => isTroubled(one, clock.now())).sort(byWeight);
    return worst === undefined
      ? { health: "ok", detail: `${states.length} background tasks run.` }
      : { health: worst.state === "hung" ? "error" : "degraded", detail: `${sentenceOf(worst)}.` };
  });
  supervisor.onFailure((state) => {
    const nowMs = clock.monotonic();
    if (state.state !== "hung" && nowMs - (writtenMs.get(state.name) ?? -Infinity) < HOUR_MS) {
      return;
    }
    writtenMs.set(state.name, nowMs);
    // Where nothing can be written, the log and the component say it.
    events.append({
      type: "task.restarted",
      subject: `task:${state.name}`,
      severity: state.state === "hung" ? "critical" : "warning",
      tMs: clock.now(),
      text: sentenceOf(state),
      actor: null,
      body: state,
      route: true,
    }).catch(() => {});
  });
}

function isTroubled({ state, restarts, sinceMs }: TaskState, nowMs: number): boolean {
  return state === "hung" || state === "waiting" ||
    (restarts > 0 && Math.abs(nowMs - sinceMs) < RECENT_MS);
}

const byWeight = (a: TaskState, b: TaskState) =>
  Number(b.state === "hung") - Number(a.state === "hung") || b.restarts - a.restarts;

function sentenceOf({ name, state, restarts, lastError }: TaskState): string {
  const times = restarts === 1 ? "once" : `${restarts} times`;
  return state === "hung"
    ? `The task ${name} hung again and again and is left alone; restart Perch (${lastError})`
    : `The task ${name} failed and was started again, ${times} since the start of Perch (${lastError})`;
}
