import type { Alarm } from "../../lib/alarms/alarm.ts";

/** An alarm as it may be: an overheated bearing, with what a test needs otherwise. */
export function alarm(change: Partial<Alarm> = {}): Alarm {
  return {
    id: "1",
    cause: "sensor:s1:threshold",
    source: "threshold",
    severity: "warning",
    state: "active",
    title: "bearing 83.4 °C is above warning 80 °C",
    machine: "hall-1/press-3",
    machine_id: null,
    machine_name: "Press 3",
    sensor: "hall-1/press-3/bearing",
    sensor_id: "s1",
    unit: "°C",
    value: 83.4,
    limit: 80,
    count: 1,
    present: true,
    flapping: false,
    maintenance: false,
    raised_ms: 1000,
    severity_ms: 1000,
    last_ms: 1000,
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
    ...change,
  };
}
