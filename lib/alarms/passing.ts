/** What time alone does to an alarm. Pure; see `decide.ts`. */
import { span } from "../words/times.ts";
import { cleared, resolvedByItself } from "./ending.ts";
import { nextEscalationMs, scheduled } from "./timers.ts";
import { type AlarmOptions, type Decision } from "./decision.ts";
import { type AlarmRecord, isOpen, type Step } from "./record.ts";

/** Time has come to `nowMs`. Safe to call at any time: what is not due does not happen. */
export function pass(
  was: AlarmRecord,
  facts: { maintenance: boolean },
  nowMs: number,
  options: AlarmOptions,
): Decision {
  let alarm = was;
  const steps: Step[] = [];
  const step = (type: Step["type"], next: AlarmRecord, note: string | null = null) => {
    alarm = { ...next, version: alarm.version + 1 };
    steps.push({ type, alarm, actor: null, note });
  };
  if (alarm.shelvedUntilMs !== null && nowMs >= alarm.shelvedUntilMs) {
    const back = { ...unshelved(alarm, nowMs), shelvedUntilMs: null };
    if (isOpen(alarm)) step("alarm.unshelved", back);
    else alarm = back;
  }
  if (!isOpen(alarm)) return { alarm: { ...alarm, dueMs: null }, steps };
  if (alarm.maintenance && !facts.maintenance) {
    const back = { ...unshelved(alarm, nowMs), maintenance: false };
    step("alarm.unshelved", back, "the maintenance is over");
  }
  if (alarm.flapping && nowMs >= alarm.timing.movedMs + options.repeatMs) {
    alarm = { ...alarm, flapping: false, version: alarm.version + 1 };
    if (!alarm.present && !alarm.conditions[0].point) {
      return joined(steps, cleared(alarm, nowMs, options));
    }
  }
  const quietMs = nowMs - alarm.timing.movedMs;
  if (alarm.conditions[0].point && !alarm.present && quietMs >= options.quietMs) {
    const note = `nothing more for ${span(options.quietMs)}`;
    return joined(
      steps,
      resolvedByItself({ ...alarm, clearedMs: nowMs, version: alarm.version + 1 }, note, nowMs),
    );
  }
  for (let at = nextEscalationMs(alarm, options); at !== null && nowMs >= at;) {
    step("alarm.escalated", { ...alarm, escalated: alarm.escalated + 1 });
    at = nextEscalationMs(alarm, options);
  }
  alarm = scheduled(alarm, nowMs, options);
  return { alarm, steps };
}

function unshelved(alarm: AlarmRecord, nowMs: number): AlarmRecord {
  return { ...alarm, escalated: 0, timing: { ...alarm.timing, escalateMs: nowMs } };
}

function joined(before: Step[], { alarm, steps }: Decision): Decision {
  return { alarm, steps: [...before, ...steps] };
}
