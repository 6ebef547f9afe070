/** Alarms as they are shown outside. */
import { onWire } from "../base/wire.ts";
import { machineTitle } from "../words/names.ts";
import { type Alarm, alarmShape } from "./alarm.ts";
import type { AlarmSummary } from "./record.ts";

/** What is called how at the moment. */
export interface Places {
  /** By storage number; deleted ones too. */
  sensor(num: number): { id: string; name: string; unit: string | null } | undefined;
  /** By path. */
  machine(path: string): { id: string; name: string | null } | undefined;
}

const columnsOnWire = onWire<Omit<AlarmSummary, "sensor">>(alarmShape);

/** Its columns under their names on the wire, with what the sensor and the machine are called now. */
export function alarmOf(alarm: AlarmSummary, places: Places): Alarm {
  const sensor = alarm.sensor === null ? undefined : places.sensor(alarm.sensor);
  const machine = alarm.machine === null ? undefined : places.machine(alarm.machine);
  return {
    ...columnsOnWire(alarm),
    id: String(alarm.id),
    severity_ms: alarm.timing.severityMs ?? alarm.raisedMs,
    machine_id: machine?.id ?? null,
    machine_name: alarm.machine === null
      ? null
      : machineTitle({ name: machine?.name ?? null, path: alarm.machine }),
    sensor: sensor?.name ?? null,
    sensor_id: sensor?.id ?? null,
    unit: sensor?.unit ?? null,
  };
}
