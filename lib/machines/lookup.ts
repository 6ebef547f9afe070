import { PerchError } from "../base/errors.ts";
import { sensorKey } from "./audit_view.ts";
import { type Machine, machineKey } from "./machine.ts";
import type { Registry } from "./registry.ts";
import type { Sensor } from "./sensor.ts";

/** Finds the machine or sensor that a change is meant for. */
export interface Lookup {
  /**
   * The id of what a name stands for at the moment: settled when the change is asked for, because it may be moved
   * or renamed before its turn comes.
   */
  machineId(pathOrId: string): string;
  sensorId(idOrName: string): string;
  /** Deleted ones too. @throws `not_found` */
  machineAt(pathOrId: string): Machine;
  /** @throws `not_found`, also of a deleted one */
  liveMachine(pathOrId: string): Machine;
  /** @throws `not_found`, also of a deleted one */
  sensorAt(idOrName: string): Sensor;
  deletedSensor(idOrName: string): Sensor | undefined;
}

/** Looks things up in the registry. */
export function createLookup(registry: Pick<Registry, "find" | "machines" | "changes">): Lookup {
  const { machines, changes } = registry;

  function machineAt(pathOrId: string): Machine {
    const machine = machines.find(pathOrId);
    if (machine) return machine;
    throw new PerchError("not_found", `there is no machine "${pathOrId.slice(0, 200)}"`, {
      about: [machineKey(machines.former(pathOrId) ?? { id: pathOrId })],
    });
  }

  function liveMachine(pathOrId: string): Machine {
    const machine = machineAt(pathOrId);
    if (machine.deletedMs === null) return machine;
    throw new PerchError("not_found", `the machine ${machine.path} was deleted; restore it first`, {
      about: [machineKey(machine)],
    });
  }

  function sensorAt(idOrName: string): Sensor {
    const sensor = registry.find(idOrName);
    if (sensor) return sensor;
    const deleted = deletedSensor(idOrName);
    const machine = deleted && machines.find(deleted.machine);
    throw new PerchError("not_found", `there is no sensor "${idOrName.slice(0, 200)}"`, {
      about: [sensorKey(deleted ?? { id: idOrName }), ...(machine ? [machineKey(machine)] : [])],
    });
  }

  const deletedSensor = (idOrName: string) =>
    changes.deletedSensors().find(({ id, name }) => id === idOrName || name === idOrName);

  return {
    machineId: (pathOrId) => machines.find(pathOrId)?.id ?? pathOrId,
    sensorId: (idOrName) => registry.find(idOrName)?.id ?? idOrName,
    machineAt,
    liveMachine,
    sensorAt,
    deletedSensor,
  };
}
