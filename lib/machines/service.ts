/**
 * What people change about machines, sensors and maintenance windows. Every change is one transaction
 * with its audit rows, and one after the other: what a change starts from is what it was checked against.
 */
import type { Clock } from "../base/clock.ts";
import { type FieldError, PerchError } from "../base/errors.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { Audited } from "../events/note.ts";
import { type ExchangeRow, type ImportPlan, planImport } from "./exchange.ts";
import { type Machine, machineKey, newMachine } from "./machine.ts";
import { planMove, refuseFormer } from "./moving.ts";
import { nameFault, pathFault } from "./names.ts";
import { createPurge, type Purge } from "./purge.ts";
import type { Registry } from "./registry.ts";
import type { NewSensor, Sensor } from "./sensor.ts";
import {
  contradictions,
  DEFAULT_SETTINGS,
  type SensorSettings,
  settingsJson,
} from "./sensor_settings.ts";
import { putMachineStatement, sensorStatement } from "./store.ts";
import { createUnitChoices, type UnitChoices } from "./unit_choice.ts";
import { createWindowService, type WindowService } from "./window_service.ts";
import type { MaintenanceWindow } from "./windows.ts";

export type MachinePatch = Partial<
  Pick<Machine, "path" | "name" | "tags" | "notes" | "review" | "photo" | "formerPaths">
>;
export type SensorPatch =
  & Partial<Pick<Sensor, "name" | "unit" | "kind" | "review">>
  & Partial<SensorSettings>;

export interface MachinesService extends WindowService, UnitChoices {
  /** @throws `conflict` when there is one (a deleted one is to be restored), `validation` */
  addMachine(given: MachinePatch & { path: string }, note: Audited): Promise<Machine>;
  /**
   * Confirming a machine confirms its sensors; another path moves it with them. `formerPaths` can be shortened.
   * @throws `not_found`, `validation`, `conflict`
   */
  patchMachine(pathOrId: string, patch: MachinePatch, note: Audited): Promise<Machine>;
  /** Hides it and its sensors; readings stay, new ones are refused. @throws `not_found` */
  removeMachine(pathOrId: string, note: Audited): Promise<Machine>;
  /** Brings back what `removeMachine` took. @throws `not_found` */
  restoreMachine(pathOrId: string, note: Audited): Promise<Machine>;
  /** @throws `conflict`, `validation` */
  addSensor(given: SensorPatch & { name: string }, note: Audited): Promise<Sensor>;
  /** A new name keeps the id and the readings. @throws `not_found`, `conflict`, `validation` */
  patchSensor(idOrName: string, patch: SensorPatch, note: Audited): Promise<Sensor>;
  removeSensor(idOrName: string, note: Audited): Promise<Sensor>;
  restoreSensor(idOrName: string, note: Audited): Promise<Sensor>;
  deletedSensor(id: string): Sensor | undefined;
  /**
   * What a document would change; with `confirm` it is changed, all of it in one transaction.
   * @throws `validation` when rows are wrong and `confirm` is set: nothing is changed then
   */
  importRows(rows: readonly ExchangeRow[], confirm: boolean, note: Audited): Promise<ImportPlan>;
  purge: Purge;
}

/** What other rooms keep under the path of a machine. */
export interface MoveElsewhere {
  statements: SqlStatement[];
  /** The move is on disk. */
  moved(): void;
}

export interface MachinesDeps {
  db: Database;
  clock: Clock;
  registry: Registry;
  windows: readonly MaintenanceWindow[];
  /** Contradictions among limits, as the threshold evaluator sees them. */
  limitFaults: (settings: SensorSettings) => FieldError[];
  /** Something of a sensor changed that its status depends on. */
  onSensor?: (sensor: Sensor) => void;
  /** A machine is about to be moved. */
  onMove?: (from: string, to: string) => Promise<MoveElsewhere>;
  /**
   * A sensor is about to be removed for good: deletes its readings and gives the statements for everything else
   * that is kept of it; null when that has to wait.
   */
  onPurge?: (sensor: Sensor) => Promise<SqlStatement[] | null>;
}

export function createMachinesService(deps: MachinesDeps): MachinesService {
  const { db, clock, registry, limitFaults } = deps;
  const { machines, changes } = registry;
  let last: Promise<unknown> = Promise.resolve();

  function exclusive<T>(run: () => Promise<T>): Promise<T> {
    const done = last.then(run);
    last = done.catch(() => {});
    return done;
  }

  const windows = createWindowService({
    db,
    clock,
    windows: deps.windows,
    machines: () => registry.machines.all(),
    exclusive,
  });
  const purge = createPurge({
    db,
    registry,
    windows: windows.changes,
    exclusive,
    onPurge: deps.onPurge,
    shown: { machine: shownMachine, sensor: shownSensor },
  });

  /** What is meant is settled when it is asked for: it may be moved or renamed before its turn comes. */
  const machineId = (pathOrId: string) => machines.find(pathOrId)?.id ?? pathOrId;
  const sensorId = (idOrName: string) => registry.find(idOrName)?.id ?? idOrName;

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

  /** A further sensor is a change of its machine to whoever deletes or moves that. */
  function sensorsKeys({ machine }: Sensor): string[] {
    const known = machines.find(machine);
    return known ? [`${machineKey(known)}/sensors`] : [];
  }

  const idTaken = (id: string) => machines.find(id) !== undefined;
  const sensorsOf = (machine: Machine) =>
    registry.all().filter((sensor) => sensor.machine === machine.path);

  function faults(kind: Sensor["kind"], settings: SensorSettings): FieldError[] {
    return [...contradictions(kind, settings), ...limitFaults(settings)];
  }

  function refuse(errors: FieldError[]): void {
    if (errors.length === 0) return;
    throw new PerchError("validation", `${errors[0].path}: ${errors[0].message}`, { errors });
  }

  /** Writes a change that may give sensors new names. */
  async function write(
    renamed: readonly { sensor: Sensor; name: string | undefined }[],
    statements: readonly SqlStatement[],
  ): Promise<void> {
    const claims = renamed.flatMap(({ sensor, name }) =>
      name === undefined ? [] : [changes.claim(sensor, name)]
    );
    try {
      await db.write(statements);
    } catch (error) {
      for (const giveUp of claims) giveUp();
      throw error;
    }
  }

  async function putMachine(machine: Machine, more: SqlStatement[], change: SqlStatement) {
    await db.write([putMachineStatement(machine), ...more, change]);
    const known = machines.find(machine.path);
    changes.putMachine(known ? Object.assign(known, machine) : machine);
    return machines.find(machine.path)!;
  }

  async function move(machine: Machine, next: Machine, note: Audited): Promise<Machine> {
    const from = machine.path;
    const own = [...registry.all(), ...changes.deletedSensors()]
      .filter((sensor) => sensor.machine === from);
    const plan = planMove(machine, next.path, { machines, sensors: own, named: changes.named });
    const moved = { ...next, formerPaths: plan.machine.formerPaths };
    const elsewhere = await deps.onMove?.(from, moved.path);
    await write(plan.sensors, [
      ...plan.statements,
      putMachineStatement(moved),
      ...plan.sensors.map(({ sensor, name }) => sensorStatement({ ...sensor, name })),
      ...elsewhere?.statements ?? [],
      note({
        action: "machine.move",
        resource: `machine:${moved.path}`,
        ...touching(moved, plan.sensors.map(({ sensor }) => sensor)),
        before: { path: from, ...shownMachine(machine) },
        after: { path: moved.path, ...shownMachine(moved) },
      }),
    ]);
    changes.putMachine(Object.assign(machine, moved));
    for (const { sensor, name } of plan.sensors) changes.changed(sensor, { name });
    windows.changes.moved(from, moved.path);
    elsewhere?.moved();
    for (const { sensor } of plan.sensors) deps.onSensor?.(sensor);
    return machine;
  }

  async function putSensor(
    sensor: Sensor,
    to: Partial<Sensor>,
    change: SqlStatement,
    newMachine: Machine | null = null,
  ): Promise<Sensor> {
    await write([{ sensor, name: to.name }], [
      sensorStatement({ ...sensor, ...to }),
      ...(newMachine === null ? [] : [putMachineStatement(newMachine)]),
      change,
    ]);
    if (newMachine !== null) changes.putMachine(newMachine);
    changes.changed(sensor, to);
    deps.onSensor?.(sensor);
    return sensor;
  }

  /** Deletes or restores a machine with its sensors. */
  async function setDeleted(machine: Machine, deletedMs: number | null, note: Audited) {
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
      note({
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

  function checkedSensor(sensor: Sensor, patch: SensorPatch): Partial<Sensor> {
    const { name, unit, kind, review, ...settings } = patch;
    const to: Partial<Sensor> = { settings: { ...sensor.settings, ...settings } };
    if (name !== undefined && name !== sensor.name) {
      checkName(name);
      to.name = name;
    }
    if (unit !== undefined) to.unit = unit;
    if (review !== undefined) to.review = review;
    if (kind !== undefined && kind !== sensor.kind) {
      if ((kind === "text" || sensor.kind === "text") && sensor.last !== null) {
        refuse([{
          path: "kind",
          message: `${sensor.name} has readings; between texts and numbers it cannot be changed`,
        }]);
      }
      to.kind = kind;
    }
    refuse(faults(to.kind ?? sensor.kind, to.settings!));
    return to;
  }

  function checkName(name: string): void {
    const fault = nameFault(name);
    if (fault !== null) refuse([{ path: "name", message: fault }]);
    const taken = changes.named(name);
    if (taken) {
      throw new PerchError("conflict", takenText(taken), { about: [sensorKey(taken)] });
    }
    const path = name.slice(0, name.lastIndexOf("/"));
    refuseFormer(machines, path);
    const machine = machines.find(path);
    if (machine && machine.deletedMs !== null) {
      throw new PerchError(
        "conflict",
        `the machine ${machine.path} was deleted; restore it first`,
        {
          about: [machineKey(machine)],
        },
      );
    }
  }

  async function carryOut(plan: ImportPlan, note: Audited): Promise<void> {
    const added = plan.newSensors.map((given) => changes.add(given));
    const adding = added.flatMap(({ statements }) => statements);
    const statements = [
      ...adding,
      ...plan.machines.map(putMachineStatement),
      ...plan.sensors.map(({ sensor, to }) => sensorStatement({ ...sensor, ...to })),
      note({
        action: "registry.import",
        resource: "registry",
        touches: [
          "registry",
          ...plan.machines.map(machineKey),
          ...[...added, ...plan.sensors].map(({ sensor }) => sensorKey(sensor)),
        ],
        after: countsOf(plan),
      }),
    ];
    try {
      await db.write(statements);
    } catch (error) {
      changes.owe(adding);
      throw error;
    } finally {
      changes.show(added.map(({ sensor }) => sensor));
    }
    for (const machine of plan.machines) {
      const known = machines.find(machine.path);
      if (known) Object.assign(known, { ...machine, id: known.id });
      else changes.putMachine(machine);
    }
    for (const { sensor, to } of plan.sensors) {
      changes.changed(sensor, to);
      deps.onSensor?.(sensor);
    }
  }

  return {
    ...windows.service,
    ...createUnitChoices({ db, registry, sensorAt, exclusive, onSensor: deps.onSensor }),
    purge,
    importRows: (rows, confirm, note) =>
      exclusive(async () => {
        const plan = planImport(rows, {
          machine: (path) => machines.find(path),
          former: (path) => machines.former(path),
          sensor: (name) => changes.named(name),
          faults,
          nowMs: clock.now(),
        });
        if (!confirm) return plan;
        if (plan.errors.length > 0) {
          const { row, column, message } = plan.errors[0];
          throw new PerchError(
            "validation",
            `nothing was changed: ${row}, column ${column}: ${message}`,
            {
              errors: plan.errors.map((e) => ({
                path: `${e.row}.${e.column}`,
                message: e.message,
              })),
            },
          );
        }
        await carryOut(plan, note);
        return plan;
      }),
    deletedSensor: (id) => changes.deletedSensors().find((sensor) => sensor.id === id),
    addMachine: ({ path, ...patch }, note) =>
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
        const change = note({
          action: "machine.create",
          resource: `machine:${path}`,
          touches: [machineKey(machine)],
          after: shownMachine(machine),
        });
        return await putMachine(machine, [], change);
      }),
    patchMachine(pathOrId, patch, note) {
      const id = machineId(pathOrId);
      return exclusive(async () => {
        const machine = liveMachine(id);
        const next = { ...machine, ...defined(patch) };
        const strange = next.formerPaths.find((path) => !machine.formerPaths.includes(path));
        if (strange !== undefined) {
          refuse([{ path: "former_paths", message: `"${strange}" is no former path of it` }]);
        }
        if (next.path !== machine.path) return await move(machine, next, note);
        const confirmed = patch.review === "confirmed"
          ? sensorsOf(machine).filter((sensor) => sensor.review === "new")
          : [];
        const done = await putMachine(
          next,
          confirmed.map((sensor) => sensorStatement({ ...sensor, review: "confirmed" })),
          note({
            action: "machine.update",
            resource: `machine:${machine.path}`,
            touches: [machineKey(machine), ...confirmed.map(sensorKey)],
            before: shownMachine(machine),
            after: shownMachine(next),
          }),
        );
        for (const sensor of confirmed) changes.changed(sensor, { review: "confirmed" });
        return done;
      });
    },
    removeMachine(pathOrId, note) {
      const id = machineId(pathOrId);
      return exclusive(() => setDeleted(liveMachine(id), clock.now(), note));
    },
    restoreMachine(pathOrId, note) {
      const id = machineId(pathOrId);
      return exclusive(async () => {
        const machine = machineAt(id);
        return machine.deletedMs === null ? machine : await setDeleted(machine, null, note);
      });
    },
    addSensor: ({ name, unit = null, kind = "number", review: _, ...settings }, note) =>
      exclusive(async () => {
        checkName(name);
        const given: NewSensor = {
          name,
          unit,
          kind,
          settings: { ...DEFAULT_SETTINGS, ...defined(settings) },
        };
        refuse(faults(kind, given.settings));
        const { sensor, statements } = changes.add(given);
        const change = note({
          action: "sensor.create",
          resource: sensorKey(sensor),
          adds: sensorsKeys(sensor),
          after: shownSensor(sensor),
        });
        try {
          await db.write([...statements, change]);
        } catch (error) {
          changes.owe(statements);
          throw error;
        } finally {
          changes.show([sensor]);
        }
        return sensor;
      }),
    patchSensor(idOrName, patch, note) {
      const id = sensorId(idOrName);
      return exclusive(async () => {
        const sensor = sensorAt(id);
        const to = checkedSensor(sensor, defined(patch));
        const path = to.name?.slice(0, to.name.lastIndexOf("/"));
        const machine = path === undefined || machines.find(path)
          ? null
          : newMachine(path, clock.now(), idTaken);
        const change = note({
          action: "sensor.update",
          resource: sensorKey(sensor),
          before: shownSensor(sensor),
          after: shownSensor({ ...sensor, ...to }),
        });
        return await putSensor(sensor, to, change, machine);
      });
    },
    removeSensor(idOrName, note) {
      const id = sensorId(idOrName);
      return exclusive(async () => {
        const sensor = sensorAt(id);
        const resource = sensorKey(sensor);
        const change = note({ action: "sensor.delete", resource, before: shownSensor(sensor) });
        return await putSensor(sensor, { deletedMs: clock.now() }, change);
      });
    },
    restoreSensor: (idOrName, note) =>
      exclusive(async () => {
        const alive = registry.find(idOrName);
        if (alive) return alive;
        const sensor = deletedSensor(idOrName);
        if (!sensor) {
          throw new PerchError(
            "not_found",
            `there is no deleted sensor "${idOrName.slice(0, 200)}"`,
          );
        }
        const machine = machines.find(sensor.machine);
        if (machine && machine.deletedMs !== null) {
          throw new PerchError(
            "conflict",
            `its machine ${machine.path} was deleted; restore that`,
            {
              about: [machineKey(machine)],
            },
          );
        }
        const change = note({ action: "sensor.restore", resource: sensorKey(sensor) });
        return await putSensor(sensor, { deletedMs: null }, change);
      }),
  };
}

const sensorKey = ({ id }: Pick<Sensor, "id">) => `sensor:${id}`;

/** What a change of a machine with its sensors touches; one that it gets in the same moment counts too. */
function touching(machine: Machine, sensors: readonly Sensor[]) {
  return {
    touches: [machineKey(machine), ...sensors.map(sensorKey)],
    heeds: [`${machineKey(machine)}/sensors`],
  };
}

/** How many rows of a document create, change and leave things as they are. */
export function countsOf(
  plan: ImportPlan,
): { machines: number; new_sensors: number; changed_sensors: number; same: number } {
  return {
    machines: plan.machines.length,
    new_sensors: plan.newSensors.length,
    changed_sensors: plan.sensors.length,
    same: plan.same,
  };
}

function takenText(taken: Sensor): string {
  return taken.deletedMs === null
    ? `the sensor ${taken.name} exists already`
    : `the sensor ${taken.name} was deleted; restore it`;
}

/** As the audit log shows them. */
function shownMachine({ name, tags, notes, review, photo, formerPaths }: Machine) {
  return {
    name,
    tags,
    notes,
    review,
    ...(photo === null ? {} : { photo }),
    ...(formerPaths.length === 0 ? {} : { former_paths: formerPaths }),
  };
}
function shownSensor({ name, unit, kind, review, settings }: Sensor) {
  return { name, unit, kind, review, ...JSON.parse(settingsJson(settings)) };
}

/** Without what was not given. */
function defined<T extends object>(patch: T): T {
  return Object.fromEntries(Object.entries(patch).filter(([, v]) => v !== undefined)) as T;
}
