/** Machines and sensors as the audit log names and shows them. */
import { type Machine, machineKey } from "./machine.ts";
import type { Sensor } from "./sensor.ts";
import { settingsJson } from "./sensor_settings.ts";

/** A sensor as a thing that is changed. */
export function sensorKey({ id }: Pick<Sensor, "id">): string {
  return `sensor:${id}`;
}

/** What a change of a machine with its sensors touches; one that it gets in the same moment counts too. */
export function touching(machine: Machine, sensors: readonly Sensor[]) {
  return {
    touches: [machineKey(machine), ...sensors.map(sensorKey)],
    heeds: [`${machineKey(machine)}/sensors`],
  };
}

export function shownMachine({ name, tags, notes, review, photo, formerPaths }: Machine) {
  return {
    name,
    tags,
    notes,
    review,
    ...(photo === null ? {} : { photo }),
    ...(formerPaths.length === 0 ? {} : { former_paths: formerPaths }),
  };
}

export function shownSensor({ name, unit, kind, review, settings }: Sensor) {
  return { name, unit, kind, review, ...JSON.parse(settingsJson(settings)) };
}
