/** Carries out an import of machines and sensors, as a whole or not at all; `exchange.ts` plans it. */
import { type FieldError, PerchError } from "../base/errors.ts";
import type { Audited } from "../events/audit_change.ts";
import { sensorKey } from "./audit_view.ts";
import type { ChangeDeps } from "./changing.ts";
import { type ExchangeRow, type ImportPlan, planImport } from "./exchange.ts";
import { machineKey } from "./machine.ts";
import type { Sensor } from "./sensor.ts";
import type { SensorSettings } from "./sensor_settings.ts";
import { putMachineStatement, sensorStatement } from "./store.ts";

export interface ImportService {
  /**
   * What a document would change; with `confirm` it is changed, all of it in one transaction.
   * @throws `validation` when rows are wrong and `confirm` is set: nothing is changed then
   */
  importRows(rows: readonly ExchangeRow[], confirm: boolean, audited: Audited): Promise<ImportPlan>;
}

export interface ImportServiceDeps extends Omit<ChangeDeps, "lookup"> {
  /** Contradictions among a sensor's settings. */
  faults: (kind: Sensor["kind"], settings: SensorSettings) => FieldError[];
}

/** Creates the part of the service that imports a document. */
export function createImportService(deps: ImportServiceDeps): ImportService {
  const { db, clock, registry, exclusive, faults } = deps;
  const { machines, changes } = registry;

  async function carryOut(plan: ImportPlan, audited: Audited): Promise<void> {
    const added = plan.newSensors.map((given) => changes.add(given));
    const adding = added.flatMap(({ statements }) => statements);
    const statements = [
      ...adding,
      ...plan.machines.map(putMachineStatement),
      ...plan.sensors.map(({ sensor, to }) => sensorStatement({ ...sensor, ...to })),
      audited({
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
    importRows: (rows, confirm, audited) =>
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
        await carryOut(plan, audited);
        return plan;
      }),
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
