import type { Alarm } from "../../lib/alarms/alarm.ts";
import type { LoggedEvent } from "../../lib/events/event.ts";

export const ALARM: Alarm = {
  id: "a1",
  cause: "sensor:s1:threshold",
  source: "threshold",
  severity: "critical",
  state: "active",
  title: "bearing 83.4 °C is above critical 80 °C",
  machine: "hall-1/press-3",
  machine_id: "m1",
  machine_name: "Press 3",
  sensor: "hall-1/press-3/bearing",
  sensor_id: "s1",
  unit: "°C",
  value: 83.4,
  limit: 80,
  count: 3,
  present: true,
  flapping: false,
  maintenance: false,
  raised_ms: Date.UTC(2026, 0, 5, 11, 59),
  last_ms: Date.UTC(2026, 0, 5, 12),
  cleared_ms: null,
  acknowledged_ms: null,
  acknowledged_by: null,
  shelved_until_ms: null,
  resolved_ms: null,
  resolved_by: null,
  note: null,
  verdict: null,
  escalated: 0,
  version: 1,
};

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
