/** How an alarm ends: a condition that returned to normal, or that nobody watches any more. Pure. */
import { showingWorst } from "./conditions.ts";
import { type AlarmOptions, type Decision, withStep } from "./decision.ts";
import { type AlarmRecord, type Condition, isOpen } from "./record.ts";
import type { Observation } from "./observation.ts";
import { scheduled } from "./timers.ts";

export function ends(
  was: AlarmRecord,
  observation: Observation,
  nowMs: number,
  options: AlarmOptions,
): Decision | null {
  const known = was.conditions.find((one) => one.key === observation.key);
  if (!known?.present) return null;
  const conditions = was.conditions.map((one) => one === known ? { ...one, present: false } : one);
  return withoutConditions({ ...was, conditions }, was, nowMs, options, null);
}

/** Ends conditions that nobody watches any more, e.g. because their limit was removed. */
export function withdraw(
  was: AlarmRecord,
  gone: (condition: Condition) => boolean,
  reason: string,
  nowMs: number,
  options: AlarmOptions,
): Decision {
  const conditions = was.conditions.map((one) =>
    one.present && gone(one) ? { ...one, present: false } : one
  );
  const left = { ...was, conditions };
  // An odd reading is never present; its alarm ends with the detector that found it.
  const over = was.conditions[0].point && gone(was.conditions[0]);
  const touched = over || conditions.some((one, i) => one !== was.conditions[i]);
  return touched ? withoutConditions(left, was, nowMs, options, reason) : { alarm: was, steps: [] };
}

function withoutConditions(
  left: AlarmRecord,
  was: AlarmRecord,
  nowMs: number,
  options: AlarmOptions,
  reason: string | null,
): Decision {
  const present = left.conditions.some((one) => one.present);
  let alarm: AlarmRecord = { ...left, present, version: was.version + 1 };
  // Somebody resolved it while it was present: no step, it only is no longer present.
  if (!isOpen(alarm)) return { alarm, steps: [] };
  if (present) {
    alarm = scheduled(showingWorst(alarm, nowMs), nowMs, options);
    return alarm.severity === was.severity
      ? { alarm, steps: [] }
      : withStep(alarm, "alarm.changed");
  }
  alarm = { ...alarm, clearedMs: nowMs, timing: { ...alarm.timing, movedMs: nowMs } };
  if (reason !== null) return resolvedByItself(alarm, reason, nowMs);
  if (alarm.flapping || alarm.conditions[0].point) {
    return { alarm: scheduled(alarm, nowMs, options), steps: [] };
  }
  return cleared(alarm, nowMs, options);
}

/** The condition returned to normal for good: the alarm resolves, or stays until somebody acknowledges it. */
export function cleared(alarm: AlarmRecord, nowMs: number, options: AlarmOptions): Decision {
  if (options.resolveWhenClear === "always" || alarm.state === "acknowledged") {
    return resolvedByItself(alarm, null, nowMs);
  }
  return withStep(scheduled(alarm, nowMs, options), "alarm.cleared");
}

/** Resolved by itself. */
export function resolvedByItself(alarm: AlarmRecord, note: string | null, nowMs: number): Decision {
  const resolved: AlarmRecord = {
    ...alarm,
    state: "resolved",
    present: false,
    flapping: false,
    resolvedMs: nowMs,
    resolvedBy: null,
    note,
    dueMs: null,
    timing: { ...alarm.timing, movedMs: nowMs },
  };
  return withStep(resolved, "alarm.resolved", null, note);
}
