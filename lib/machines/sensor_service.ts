/** What people change about sensors; `service.ts` puts it beside machines and windows. */
import { type FieldError, PerchError } from "../base/errors.ts";
import type { SqlStatement } from "../db/client.ts";
import type { Audited } from "../events/audit_change.ts";
import { sensorKey, shownSensor } from "./audit_view.ts";
import { type ChangeDeps, defined, refuse, writeRenaming } from "./changing.ts";
import { type Machine, machineKey, newMachine } from "./machine.ts";
import { refuseFormer } from "./moving.ts";
import { nameFault } from "./names.ts";
import { levelsOf, type NewSensor, type Sensor } from "./sensor.ts";
import { DEFAULT_SETTINGS, type SensorSettings } from "./sensor_settings.ts";
import { conversion, sameUnit } from "./units.ts";
import { putMachineStatement, sensorStatement } from "./store.ts";

export type SensorPatch =
  & Partial<Pick<Sensor, "name" | "unit" | "kind" | "review">>
  & Partial<SensorSettings>;

export interface SensorService {
  /** @throws `conflict`, `validation` */
  addSensor(given: SensorPatch & { name: string }, audited: Audited): Promise<Sensor>;
  /** A new name keeps the id and the readings. @throws `not_found`, `conflict`, `validation` */
  patchSensor(idOrName: string, patch: SensorPatch, audited: Audited): Promise<Sensor>;
  /**
   * Changes several in one transaction, all or none; `patch` gives the change of each, a fault names the sensor.
   * @throws `not_found`, `validation`
   */
  patchSensors(
    ids: readonly string[],
    patch: (sensor: Sensor) => Omit<SensorPatch, "name">,
    audited: Audited,
  ): Promise<void>;
  removeSensor(idOrName: string, audited: Audited): Promise<Sensor>;
  restoreSensor(idOrName: string, audited: Audited): Promise<Sensor>;
  deletedSensor(id: string): Sensor | undefined;
}

export interface SensorServiceDeps extends ChangeDeps {
  /** Contradictions among a sensor's settings. */
  faults: (kind: Sensor["kind"], settings: SensorSettings) => FieldError[];
}

/** Creates the part of the service that changes sensors. */
export function createSensorService(deps: SensorServiceDeps): SensorService {
  const { db, clock, registry, lookup, exclusive, faults } = deps;
  const { machines, changes } = registry;

  /** A further sensor is a change of its machine to whoever deletes or moves that. */
  function sensorsKeys({ machine }: Sensor): string[] {
    const known = machines.find(machine);
    return known ? [`${machineKey(known)}/sensors`] : [];
  }

  const idTaken = (id: string) => machines.find(id) !== undefined;

  async function putSensor(
    sensor: Sensor,
    to: Partial<Sensor>,
    change: SqlStatement,
    newMachine: Machine | null = null,
  ): Promise<Sensor> {
    await writeRenaming(db, changes, [{ sensor, name: to.name }], [
      sensorStatement({ ...sensor, ...to }),
      ...(newMachine === null ? [] : [putMachineStatement(newMachine)]),
      change,
    ]);
    if (newMachine !== null) changes.putMachine(newMachine);
    changes.changed(sensor, to);
    deps.onSensor?.(sensor);
    return sensor;
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
          message:
            `${sensor.name} has readings; its kind can no longer change between text and number`,
        }]);
      }
      to.kind = kind;
    }
    // Whoever says the unit has confirmed it.
    if (unit !== undefined && review === undefined) to.review = "confirmed";
    refuse([
      ...faults(to.kind ?? sensor.kind, to.settings!),
      ...displayFaults(to.unit === undefined ? sensor.unit : to.unit, settings.display_unit),
    ]);
    return to;
  }

  function checkName(name: string): void {
    const fault = nameFault(name);
    if (fault !== null) refuse([{ path: "name", message: fault }]);
    const taken = changes.named(name);
    if (taken) {
      throw new PerchError("conflict", takenText(taken), { about: [sensorKey(taken)] });
    }
    const path = levelsOf(name).machine;
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

  return {
    deletedSensor: (id) => changes.deletedSensors().find((sensor) => sensor.id === id),
    addSensor: ({ name, unit = null, kind = "number", review: _, ...settings }, audited) =>
      exclusive(async () => {
        checkName(name);
        const given: NewSensor = {
          name,
          unit,
          kind,
          settings: { ...DEFAULT_SETTINGS, ...defined(settings) },
        };
        refuse([
          ...faults(kind, given.settings),
          ...displayFaults(unit, given.settings.display_unit),
        ]);
        const { sensor, statements } = changes.add(given);
        const change = audited({
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
    patchSensor(idOrName, patch, audited) {
      const id = lookup.sensorId(idOrName);
      return exclusive(async () => {
        const sensor = lookup.sensorAt(id);
        const to = checkedSensor(sensor, defined(patch));
        const path = to.name === undefined ? undefined : levelsOf(to.name).machine;
        const machine = path === undefined || machines.find(path)
          ? null
          : newMachine(path, clock.now(), idTaken);
        const change = audited({
          action: "sensor.update",
          resource: sensorKey(sensor),
          before: shownSensor(sensor),
          after: shownSensor({ ...sensor, ...to }),
        });
        return await putSensor(sensor, to, change, machine);
      });
    },
    patchSensors: (ids, patch, audited) =>
      exclusive(async () => {
        const plans = [...new Set(ids)].map((id) => {
          const sensor = lookup.sensorAt(id);
          return {
            sensor,
            to: naming(sensor, () => checkedSensor(sensor, defined(patch(sensor)))),
          };
        });
        await db.write(plans.flatMap(({ sensor, to }) => [
          sensorStatement({ ...sensor, ...to }),
          audited({
            action: "sensor.update",
            resource: sensorKey(sensor),
            before: shownSensor(sensor),
            after: shownSensor({ ...sensor, ...to }),
          }),
        ]));
        for (const { sensor, to } of plans) {
          changes.changed(sensor, to);
          deps.onSensor?.(sensor);
        }
      }),
    removeSensor(idOrName, audited) {
      const id = lookup.sensorId(idOrName);
      return exclusive(async () => {
        const sensor = lookup.sensorAt(id);
        const resource = sensorKey(sensor);
        const change = audited({ action: "sensor.delete", resource, before: shownSensor(sensor) });
        return await putSensor(sensor, { deletedMs: clock.now() }, change);
      });
    },
    restoreSensor: (idOrName, audited) =>
      exclusive(async () => {
        const alive = registry.find(idOrName);
        if (alive) return alive;
        const sensor = lookup.deletedSensor(idOrName);
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
            `its machine ${machine.path} was deleted; restore that first`,
            {
              about: [machineKey(machine)],
            },
          );
        }
        const change = audited({ action: "sensor.restore", resource: sensorKey(sensor) });
        return await putSensor(sensor, { deletedMs: null }, change);
      }),
  };
}

/** What is wrong with one of several says with which. */
function naming<T>(sensor: Sensor, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof PerchError) || error.code !== "validation") throw error;
    const named = (message: string) => `${sensor.name}: ${message}`;
    throw new PerchError("validation", named(error.message), {
      errors: error.errors.map(({ path, message }) => ({ path, message: named(message) })),
    });
  }
}

/** A sensor is shown in units of what it measures alone. */
function displayFaults(unit: string | null, display: string | null | undefined): FieldError[] {
  if (display === null || display === undefined) return [];
  if (unit !== null && (sameUnit(unit, display) || conversion(unit, display) !== null)) return [];
  const message = unit === null
    ? "the sensor has no unit that could be converted"
    : `${unit} cannot be converted into ${display}`;
  return [{ path: "display_unit", message }];
}

function takenText(taken: Sensor): string {
  return taken.deletedMs === null
    ? `the sensor ${taken.name} exists already`
    : `the sensor ${taken.name} was deleted; restore it`;
}
