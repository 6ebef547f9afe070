/** What people change about machines; `service.ts` puts it beside sensors and windows. */
import { PerchError } from "../base/errors.ts";
import type { SqlStatement } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import { sensorKey, shownMachine, touching } from "./audit_view.ts";
import { type ChangeDeps, defined, refuse, writeRenaming } from "./changing.ts";
import { type Machine, machineKey, newMachine } from "./machine.ts";
import { planMove, refuseFormer } from "./moving.ts";
import { pathFault } from "./names.ts";
import { putMachineStatement, sensorStatement } from "./store.ts";
import type { WindowChanges } from "./window_service.ts";

export type MachinePatch = Partial<
  Pick<Machine, "path" | "name" | "tags" | "notes" | "review" | "photo" | "formerPaths">
>;

export interface MachineService {
  /** @throws `conflict` when there is one (a deleted one is to be restored), `validation` */
  addMachine(given: MachinePatch & { path: string }, audited: Audited): Promise<Machine>;
  /**
   * Confirming a machine confirms its sensors; another path moves it with them. `formerPaths` can be shortened.
   * @throws `not_found`, `validation`, `conflict`
   */
  patchMachine(pathOrId: string, patch: MachinePatch, audited: Audited): Promise<Machine>;
  /**
   * Changes several in one transaction, all or none; `patch` gives the change of each. None is moved.
   * @throws `not_found`, `validation`
   */
  patchMachines(
    ids: readonly string[],
    patch: (machine: Machine) => Pick<MachinePatch, "tags" | "review">,
    audited: Audited,
  ): Promise<void>;
  /** Hides it and its sensors; readings stay, new ones are refused. @throws `not_found` */
  removeMachine(pathOrId: string, audited: Audited): Promise<Machine>;
  /** Brings back what `removeMachine` took. @throws `not_found` */
  restoreMachine(pathOrId: string, audited: Audited): Promise<Machine>;
}

/** What other rooms keep under the path of a machine. */
export interface MoveElsewhere {
  statements: SqlStatement[];
  /** The move is on disk. */
  moved(): void;
}

export interface MachineServiceDeps extends ChangeDeps {
  windows: WindowChanges;
  /** A machine is about to be moved. */
  onMove?: (from: string, to: string) => Promise<MoveElsewhere>;
}

/** Creates the part of the service that changes machines. */
export function createMachineService(deps: MachineServiceDeps): MachineService {
  const { db, clock, registry, lookup, exclusive } = deps;
  const { machines, changes } = registry;

  const idTaken = (id: string) => machines.find(id) !== undefined;
  const sensorsOf = (machine: Machine) =>
    registry.all().filter((sensor) => sensor.machine === machine.path);

  async function putMachine(machine: Machine, more: SqlStatement[], change: SqlStatement) {
    await db.write([putMachineStatement(machine), ...more, change]);
    const known = machines.find(machine.path);
    changes.putMachine(known ? Object.assign(known, machine) : machine);
    return machines.find(machine.path)!;
  }

  async function move(machine: Machine, next: Machine, audited: Audited): Promise<Machine> {
    const from = machine.path;
    const own = [...registry.all(), ...changes.deletedSensors()]
      .filter((sensor) => sensor.machine === from);
    const plan = planMove(machine, next.path, { machines, sensors: own, named: changes.named });
    const moved = { ...next, formerPaths: plan.machine.formerPaths };
    const elsewhere = await deps.onMove?.(from, moved.path);
    await writeRenaming(db, changes, plan.sensors, [
      ...plan.statements,
      putMachineStatement(moved),
      ...plan.sensors.map(({ sensor, name }) => sensorStatement({ ...sensor, name })),
      ...elsewhere?.statements ?? [],
      audited({
        action: "machine.move",
        resource: `machine:${moved.path}`,
        ...touching(moved, plan.sensors.map(({ sensor }) => sensor)),
        before: { path: from, ...shownMachine(machine) },
        after: { path: moved.path, ...shownMachine(moved) },
      }),
    ]);
    changes.putMachine(Object.assign(machine, moved));
    for (const { sensor, name } of plan.sensors) changes.changed(sensor, { name });
    deps.windows.moved(from, moved.path);
    elsewhere?.moved();
    for (const { sensor } of plan.sensors) deps.onSensor?.(sensor);
    return machine;
  }

  /** A change that leaves it where it is; whoever confirms a machine confirms its sensors. */
  function planned(
    machine: Machine,
    next: Machine,
    audited: Audited,
  ): { statements: SqlStatement[]; done: () => Machine } {
    const confirmed = next.review === "confirmed"
      ? sensorsOf(machine).filter((sensor) => sensor.review === "new")
      : [];
    return {
      statements: [
        putMachineStatement(next),
        ...confirmed.map((sensor) => sensorStatement({ ...sensor, review: "confirmed" })),
        audited({
          action: "machine.update",
          resource: `machine:${machine.path}`,
          touches: [machineKey(machine), ...confirmed.map(sensorKey)],
          before: shownMachine(machine),
          after: shownMachine(next),
        }),
      ],
      done() {
        changes.putMachine(Object.assign(machine, next));
        for (const sensor of confirmed) changes.changed(sensor, { review: "confirmed" });
        return machine;
      },
    };
  }

  /** Deletes or restores a machine with its sensors. */
  async function setDeleted(machine: Machine, deletedMs: number | null, audited: Audited) {
    const with_ = deletedMs === null
      ? changes.deletedSensors().filter((s) =>
        s.machine === machine.path && s.deletedMs === machine.deletedMs
      )
      : sensorsOf(machine);
    const next = { ...machine, deletedMs };
    const action = deletedMs === null ? "machine.restore" : "machine.delete";
    const done = await putMachine(
      next,
      with_.map((sensor) => sensorStatement({ ...sensor, deletedMs })),
      audited({
        action,
        resource: `machine:${machine.path}`,
        ...touching(machine, with_),
        after: { sensors: with_.length },
      }),
    );
    for (const sensor of with_) {
      changes.changed(sensor, { deletedMs });
      deps.onSensor?.(sensor);
    }
    return done;
  }

  return {
    addMachine: ({ path, ...patch }, audited) =>
      exclusive(async () => {
        const fault = pathFault(path);
        if (fault !== null) refuse([{ path: "path", message: fault }]);
        const known = machines.find(path);
        if (known) {
          const why = known.deletedMs === null ? "exists already" : "was deleted; restore it";
          throw new PerchError("conflict", `the machine ${path} ${why}`, {
            about: [machineKey(known)],
          });
        }
        refuseFormer(machines, path);
        const machine: Machine = {
          ...newMachine(path, clock.now(), idTaken),
          review: "confirmed",
          ...defined(patch),
        };
        const change = audited({
          action: "machine.create",
          resource: `machine:${path}`,
          touches: [machineKey(machine)],
          after: shownMachine(machine),
        });
        return await putMachine(machine, [], change);
      }),
    patchMachine(pathOrId, patch, audited) {
      const id = lookup.machineId(pathOrId);
      return exclusive(async () => {
        const machine = lookup.liveMachine(id);
        const next = { ...machine, ...defined(patch) };
        const strange = next.formerPaths.find((path) => !machine.formerPaths.includes(path));
        if (strange !== undefined) {
          refuse([{ path: "former_paths", message: `"${strange}" is no former path of it` }]);
        }
        if (next.path !== machine.path) return await move(machine, next, audited);
        const plan = planned(machine, next, audited);
        await db.write(plan.statements);
        return plan.done();
      });
    },
    patchMachines(ids, patch, audited) {
      return exclusive(async () => {
        const plans = [...new Set(ids)].map((id) => {
          const machine = lookup.liveMachine(id);
          return planned(machine, { ...machine, ...defined(patch(machine)) }, audited);
        });
        await db.write(plans.flatMap(({ statements }) => statements));
        for (const { done } of plans) done();
      });
    },
    removeMachine(pathOrId, audited) {
      const id = lookup.machineId(pathOrId);
      return exclusive(() => setDeleted(lookup.liveMachine(id), clock.now(), audited));
    },
    restoreMachine(pathOrId, audited) {
      const id = lookup.machineId(pathOrId);
      return exclusive(async () => {
        const machine = lookup.machineAt(id);
        return machine.deletedMs === null ? machine : await setDeleted(machine, null, audited);
      });
    },
  };
}
