/** What moving a machine to another place in the plant changes. Pure. */
import { PerchError } from "../base/errors.ts";
import type { SqlStatement } from "../db/client.ts";
import { type Machine, machineKey } from "./machine.ts";
import { nameFault, pathFault } from "./names.ts";
import type { MachineDirectory, Sensor } from "./sensor.ts";
import { moveMachineStatements } from "./store.ts";

export interface Move {
  /** The machine at its new path. */
  machine: Machine;
  /** Its sensors, deleted ones too, with their new names. */
  sensors: { sensor: Sensor; name: string }[];
  /** Rows that hold the path; the machine's and the sensors' own are written by the caller. */
  statements: SqlStatement[];
}

/**
 * Plans the move. Ids stay; the old path is kept as a former one, so that devices that still publish there are
 * heard.
 * @throws PerchError `validation` for a path or name that is not allowed, `conflict` when it is taken
 */
export function planMove(
  machine: Machine,
  to: string,
  world: {
    machines: Pick<MachineDirectory, "find" | "former">;
    /** Of the machine, deleted ones too. */
    sensors: readonly Sensor[];
    named: (name: string) => Sensor | undefined;
  },
): Move {
  const fault = pathFault(to);
  if (fault !== null) refuse(fault);
  const taken = world.machines.find(to);
  if (taken && taken.path === to) {
    const why = taken.deletedMs === null ? "exists already" : "was deleted and can be restored";
    throw new PerchError("conflict", `the machine ${to} ${why}`, { about: [machineKey(taken)] });
  }
  refuseFormer(world.machines, to, machine);
  const sensors = world.sensors.map((sensor) => {
    const name = `${to}/${sensor.sensor}`;
    const fault = nameFault(name);
    if (fault !== null) refuse(fault);
    if (world.named(name)) throw new PerchError("conflict", `the sensor ${name} exists already`);
    return { sensor, name };
  });
  const formerPaths = [...machine.formerPaths.filter((path) => path !== to), machine.path];
  return {
    machine: { ...machine, path: to, formerPaths },
    sensors,
    statements: moveMachineStatements(machine, to),
  };
}

/** @throws PerchError `conflict` when readings of this path go to a machine that was moved */
export function refuseFormer(
  machines: Pick<MachineDirectory, "former">,
  path: string,
  except?: Machine,
): void {
  const moved = machines.former(path);
  if (moved === undefined || moved.id === except?.id) return;
  throw new PerchError(
    "conflict",
    `${path} is a former path of ${moved.path}, which takes its readings; ` +
      "remove it there first",
    { about: [machineKey(moved)] },
  );
}

function refuse(message: string): never {
  throw new PerchError("validation", `path: ${message}`, { errors: [{ path: "path", message }] });
}
