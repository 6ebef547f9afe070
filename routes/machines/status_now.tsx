import type { VNode } from "preact";
import type { AlarmsAt } from "../../islands/alarms_at.ts";
import { StatusNow, type StatusNowProps } from "../../islands/status_word.tsx";
import type { Alarm } from "../../lib/alarms/alarm.ts";
import type { Machine } from "../../lib/machines/machine.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { Island } from "../frame/island.tsx";
import type { MachinePageParts } from "./request.ts";

type Parts = Pick<MachinePageParts, "statuses" | "clock" | "zone">;

/** A sensor's status, live; `since`: and since when. */
export function SensorStatusNow(
  { parts, sensor, since = false, alarms }: {
    parts: Parts;
    sensor: Sensor;
    since?: boolean;
    /** Open ones, of its machine too. */
    alarms?: readonly Alarm[];
  },
): VNode {
  const props: StatusNowProps = {
    kind: "sensor",
    name: sensor.name,
    status: parts.statuses.sensor(sensor),
    sinceMs: parts.statuses.sinceOf(sensor),
    since,
    at: alarms && alarmsAt(sensor.machine, sensor.id, alarms),
    nowMs: parts.clock.now(),
    zone: parts.zone,
  };
  return <Island name="StatusNow" component={StatusNow} props={props} />;
}

/** A machine's status, live; `since`: and since when. */
export function MachineStatusNow(
  { parts, machine, since = false, alarms }: {
    parts: Parts;
    machine: Machine;
    since?: boolean;
    /** Open ones. */
    alarms?: readonly Alarm[];
  },
): VNode {
  const { status, sinceMs } = parts.statuses.machine(machine.path);
  const props: StatusNowProps = {
    kind: "machine",
    name: machine.path,
    status,
    sinceMs,
    since,
    at: alarms && alarmsAt(machine.path, null, alarms),
    nowMs: parts.clock.now(),
    zone: parts.zone,
  };
  return <Island name="StatusNow" component={StatusNow} props={props} />;
}

/** The open alarms of a machine, or of one of its sensors (id) alone. */
export function alarmsAt(
  machine: string,
  sensor: string | null,
  alarms: readonly Alarm[],
): AlarmsAt {
  return {
    machine,
    sensor,
    alarms: alarms.filter(({ sensor_id }) => sensor === null || sensor_id === sensor)
      .map(({ id, severity, title }) => ({ id, severity, title })),
  };
}
