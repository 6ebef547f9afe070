import { nameId } from "../base/ids.ts";
import { isCamera } from "./camera_machine.ts";
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

/** It is no machine that Perch keeps for itself or its cameras: it counts. */
export function isPlant(machine: Pick<Machine, "id" | "path" | "formerPaths">): boolean {
  return !isHost(machine) && !isCamera(machine);
}

/** Where the machine stands at present; null while there is none. */
export function hostPath(machines: Pick<MachineDirectory, "find">): string | null {
  return machines.find(HOST_ID)?.path ?? null;
}

/** Public id of the host's sensor of this name, wherever it was moved to. */
export function hostSensorId(name: string): string {
  return nameId(`${HOST_MACHINE}/${name}`);
}

/** The sensors of the plant: all but those of this host and of cameras. */
export function plantSensors(
  sensors: SensorDirectory,
  machines: Pick<MachineDirectory, "find">,
): SensorDirectory {
  const isOfPlant = (path: string) => {
    const machine = machines.find(path);
    return machine === undefined || isPlant(machine);
  };
  return {
    find: (idOrName) => sensors.find(idOrName),
    byNum(num) {
      const sensor = sensors.byNum(num);
      return sensor === undefined || isOfPlant(sensor.machine) ? sensor : undefined;
    },
    all() {
      const known = new Map<string, boolean>();
      return sensors.all().filter(({ machine }) => {
        const is = known.get(machine) ?? isOfPlant(machine);
        known.set(machine, is);
        return is;
      });
    },
  };
}
