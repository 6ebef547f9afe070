/** When time alone moves an alarm next. Pure. */
import type { AlarmOptions } from "./decision.ts";
import type { AlarmRecord } from "./record.ts";

/** How often Perch checks whether the maintenance is over. */
const MAINTENANCE_LOOK_MS = 30_000;

/** The alarm with `dueMs`: when time alone changes it next. */
export function scheduled(
  alarm: AlarmRecord,
  nowMs: number,
  options: AlarmOptions,
): AlarmRecord {
  const { timing, shelvedUntilMs } = alarm;
  const due: number[] = [];
  if (shelvedUntilMs !== null) due.push(shelvedUntilMs);
  if (alarm.flapping) due.push(timing.movedMs + options.repeatMs);
  else if (alarm.conditions[0].point && !alarm.present) due.push(timing.movedMs + options.quietMs);
  if (alarm.maintenance) due.push(nowMs + MAINTENANCE_LOOK_MS);
  const escalation = nextEscalationMs(alarm, options);
  if (escalation !== null) due.push(escalation);
  const dueMs = due.length === 0 ? null : Math.min(...due);
  return dueMs === alarm.dueMs ? alarm : { ...alarm, dueMs };
}

/** When the next step of escalation is due; null: there is none. */
export function nextEscalationMs(alarm: AlarmRecord, options: AlarmOptions): number | null {
  if (alarm.state !== "active" || alarm.shelvedUntilMs !== null || alarm.maintenance) return null;
  const minutes = options.escalationMinutes(alarm)[alarm.escalated];
  return minutes === undefined ? null : alarm.timing.escalateMs + minutes * 60_000;
}
