import { nameId } from "../base/ids.ts";
import type { Machine } from "./machine.ts";
import type { MachineDirectory, SensorDirectory } from "./sensor.ts";

/**
 * The machine that the readings of Perch's own host come under. It has charts, limits and alarms like any other, and
 * is no part of the plant: what counts the plant leaves it out.
 */
export const HOST_MACHINE = "this host";
/** Follows from its first path and survives a move. */
const HOST_ID = nameId(`machine ${HOST_MACHINE}`);

export function isHost({ id }: Pick<Machine, "id">): boolean {
  return id === HOST_ID;
}

/** Where the machine stands at present; null while there is none. */
export function hostPath(machines: Pick<MachineDirectory, "find">): string | null {
  return machines.find(HOST_ID)?.path ?? null;
}

/** Public id of the host's sensor of this name, wherever it was moved to. */
export function hostSensorId(name: string): string {
  return nameId(`${HOST_MACHINE}/${name}`);
}

/** The sensors of the plant: all but the host's own. */
export function plantSensors(
  sensors: SensorDirectory,
  machines: Pick<MachineDirectory, "find">,
): SensorDirectory {
  return {
    find: (idOrName) => sensors.find(idOrName),
    byNum(num) {
      const sensor = sensors.byNum(num);
      return sensor !== undefined && sensor.machine === hostPath(machines) ? undefined : sensor;
    },
    all() {
      const path = hostPath(machines);
      const all = sensors.all();
      return path === null ? all : all.filter(({ machine }) => machine !== path);
    },
  };
}
