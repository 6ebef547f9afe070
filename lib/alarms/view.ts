/** Alarms as they are shown outside. */
import { lastLevel } from "../machines/machine.ts";
import type { Alarm } from "./alarm.ts";
import type { AlarmRecord } from "./record.ts";

/** What is called how at the moment. */
export interface Places {
  /** By storage number; deleted ones too. */
  sensor(num: number): { id: string; name: string; unit: string | null } | undefined;
  /** By path. */
  machine(path: string): { id: string; name: string | null } | undefined;
}

export function alarmOf(alarm: AlarmRecord, places: Places): Alarm {
  const sensor = alarm.sensor === null ? undefined : places.sensor(alarm.sensor);
  const machine = alarm.machine === null ? undefined : places.machine(alarm.machine);
  return {
    id: String(alarm.id),
    cause: alarm.cause,
    source: alarm.source,
    severity: alarm.severity,
    state: alarm.state,
    title: alarm.title,
    machine: alarm.machine,
    machine_id: machine?.id ?? null,
    machine_name: alarm.machine === null ? null : machine?.name ?? lastLevel(alarm.machine),
    sensor: sensor?.name ?? null,
    sensor_id: sensor?.id ?? null,
    unit: sensor?.unit ?? null,
    value: alarm.value,
    limit: alarm.limit,
    count: alarm.count,
    present: alarm.present,
    flapping: alarm.flapping,
    maintenance: alarm.maintenance,
    raised_ms: alarm.raisedMs,
    last_ms: alarm.lastMs,
    cleared_ms: alarm.clearedMs,
    acknowledged_ms: alarm.acknowledgedMs,
    acknowledged_by: alarm.acknowledgedBy,
    shelved_until_ms: alarm.shelvedUntilMs,
    resolved_ms: alarm.resolvedMs,
    resolved_by: alarm.resolvedBy,
    note: alarm.note,
    verdict: alarm.verdict,
    escalated: alarm.escalated,
    version: alarm.version,
  };
}
