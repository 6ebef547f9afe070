import type { Alarm } from "../../lib/alarms/alarm.ts";
import type { LoggedEvent } from "../../lib/events/event.ts";
import { alarm } from "./alarms.ts";

export const ALARM: Alarm = alarm({
  id: "a1",
  severity: "critical",
  title: "bearing 83.4 °C is above critical 80 °C",
  machine_id: "m1",
  count: 3,
  raised_ms: Date.UTC(2026, 0, 5, 11, 59),
  last_ms: Date.UTC(2026, 0, 5, 12),
});

/** An event of the log as an alarm writes it. */
export function alarmEvent(change: Partial<LoggedEvent> = {}): LoggedEvent {
  return {
    id: 1,
    uid: "3v8x0q2m4n6p8r0t2v4x6z8b",
    type: "alarm.raised",
    subject: "alarm:a1",
    severity: "critical",
    tMs: Date.UTC(2026, 0, 5, 12),
    text: "Press 3: bearing 83.4 °C is above critical 80 °C",
    actor: null,
    body: { alarm: ALARM, note: null },
    ...change,
  };
}
