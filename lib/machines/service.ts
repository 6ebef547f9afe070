/**
 * What people change about machines, sensors and maintenance windows. Every change is one transaction
 * with its audit rows, and one after the other: what a change starts from is what it was checked against.
 */
import { createTurns } from "../base/turns.ts";
import type { Clock } from "../base/clock.ts";
import type { FieldError } from "../base/errors.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import { shownMachine, shownSensor } from "./audit_view.ts";
import { createImportService, type ImportService } from "./import_service.ts";
import { createLookup } from "./lookup.ts";
import {
  createMachineService,
  type MachineService,
  type MoveElsewhere,
} from "./machine_service.ts";
import type { Machine } from "./machine.ts";
import { createPurge, type Purge } from "./purge.ts";
import type { Registry } from "./registry.ts";
import type { Sensor } from "./sensor.ts";
import { createSensorService, type SensorService } from "./sensor_service.ts";
import { contradictions, type SensorSettings } from "./sensor_settings.ts";
import { createUnitChoices, type UnitChoices } from "./unit_choice.ts";
import { createWindowService, type WindowService } from "./window_service.ts";
import type { MaintenanceWindow } from "./windows.ts";

export interface MachinesService
  extends MachineService, SensorService, ImportService, WindowService, UnitChoices {
  purge: Purge;
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
  /** The statements for what is kept elsewhere of a machine that is removed for good. */
  onPurgeMachine?: (machine: Machine) => Promise<SqlStatement[]>;
}

/** Puts together all that people can change. */
export function createMachinesService(deps: MachinesDeps): MachinesService {
  const { db, clock, registry, limitFaults } = deps;
  const exclusive = createTurns();
  const lookup = createLookup(registry);
  const common = { db, clock, registry, lookup, exclusive, onSensor: deps.onSensor };
  const faults = (kind: Sensor["kind"], settings: SensorSettings) => [
    ...contradictions(kind, settings),
    ...limitFaults(settings),
  ];

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
    onPurgeMachine: deps.onPurgeMachine,
    shown: { machine: shownMachine, sensor: shownSensor },
  });

  return {
    ...createMachineService({ ...common, windows: windows.changes, onMove: deps.onMove }),
    ...createSensorService({ ...common, faults }),
    ...createImportService({ ...common, faults }),
    ...windows.service,
    ...createUnitChoices({ ...common, sensorAt: lookup.sensorAt }),
    purge,
  };
}
