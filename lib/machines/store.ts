import type { Database, SqlStatement } from "../db/client.ts";
import {
  asc,
  build,
  columnsBut,
  createOrm,
  eq,
  excluded,
  placeholders,
  prepared,
  statementOf,
} from "../db/orm.ts";
import { machines, maintenanceWindows, sensors, sensorStates } from "../db/schema/machines.ts";
import type { SensorKind } from "../readings/reading.ts";
import type { Machine } from "./machine.ts";
import { settingsJson, settingsOf } from "./sensor_settings.ts";
import { levelsOf, type OtherUnit, type RegistryRows, type Sensor } from "./sensor.ts";
import type { MaintenanceWindow } from "./windows.ts";

/** Loads every machine, sensor and state text; last values come from the readings store. */
export async function loadRegistry(db: Database): Promise<Omit<RegistryRows, "last">> {
  const orm = createOrm(db);
  const found = await orm.select().from(sensors).orderBy(asc(sensors.num));
  return {
    machines: await orm.select().from(machines) as Machine[],
    sensors: found.map((row) => ({
      ...row,
      settings: settingsOf(row.settings),
      otherUnits: row.otherUnits as OtherUnit[] | null ?? [],
    })),
    states: await orm.select().from(sensorStates)
      .orderBy(asc(sensorStates.sensorNum), asc(sensorStates.code)),
  };
}

/** Loads the maintenance windows, deleted ones too. */
export async function loadWindows(db: Database): Promise<MaintenanceWindow[]> {
  return await createOrm(db).select().from(maintenanceWindows)
    .orderBy(asc(maintenanceWindows.createdMs)) as MaintenanceWindow[];
}

const newMachine = () => build.insert(machines).values(placeholders(machines));

/** Writes the row of a machine that appeared by itself; what a person wrote meanwhile stays. */
export const addMachineStatement = prepared<Machine>(
  newMachine().onConflictDoNothing({ target: machines.path }),
);

/** Writes a machine's row, new or changed. */
export const putMachineStatement = prepared<Machine>(
  newMachine().onConflictDoUpdate({
    target: machines.path,
    set: excluded(machines, columnsBut(machines, ["path", "id", "createdMs"])),
  }),
);

/** Gives a machine's row its new path, and windows that name it; the rest is written by `putMachineStatement`. */
export function moveMachineStatements({ id, path }: Machine, to: string): SqlStatement[] {
  return [
    statementOf(build.update(machines).set({ path: to }).where(eq(machines.id, id))),
    statementOf(
      build.update(maintenanceWindows).set({ path: to }).where(eq(maintenanceWindows.path, path)),
    ),
  ];
}

export function deleteMachine(path: string): SqlStatement {
  return statementOf(build.delete(machines).where(eq(machines.path, path)));
}

const addSensor = prepared<typeof sensors.$inferSelect>(
  build.insert(sensors).values(placeholders(sensors)).onConflictDoNothing(),
);

/** Writes a sensor that is new; one that is there stays as it is. */
export function insertSensor(sensor: Sensor): SqlStatement {
  const settings = settingsJson(sensor.settings);
  return addSensor({ ...sensor, settings, otherUnits: null, deletedMs: null });
}

function change(num: number, set: Partial<typeof sensors.$inferInsert>): SqlStatement {
  return statementOf(build.update(sensors).set(set).where(eq(sensors.num, num)));
}

/** Writes which units a sensor's device reports. */
export function deviceUnitsStatement({ num, unit, deviceUnit, otherUnits }: Sensor): SqlStatement {
  return change(num, { unit, deviceUnit, otherUnits: otherUnits.length === 0 ? null : otherUnits });
}

/** Writes what a person may change of a sensor. */
export function sensorStatement(sensor: Sensor): SqlStatement {
  const { num, name, unit, kind, review, deletedMs } = sensor;
  return change(num, {
    ...levelsOf(name),
    unit,
    kind,
    review,
    settings: settingsJson(sensor.settings),
    deletedMs,
  });
}

/** Removes a sensor's rows for good. */
export function deleteSensor(num: number): SqlStatement[] {
  return [
    statementOf(build.delete(sensorStates).where(eq(sensorStates.sensorNum, num))),
    statementOf(build.delete(sensors).where(eq(sensors.num, num))),
  ];
}

/** Writes what kind a sensor turned out to be. */
export function setKindStatement(num: number, kind: SensorKind): SqlStatement {
  return change(num, { kind });
}

const addState = prepared<typeof sensorStates.$inferSelect>(
  build.insert(sensorStates).values(placeholders(sensorStates)).onConflictDoNothing(),
);

/** Writes the code of a text that a sensor reports. */
export function insertState(sensorNum: number, code: number, text: string): SqlStatement {
  return addState({ sensorNum, code, text });
}

export function insertWindow(window: MaintenanceWindow): SqlStatement {
  return statementOf(build.insert(maintenanceWindows).values({ ...window, deletedMs: null }));
}

/** Deleted, so that it can be restored; null: restored. */
export function setWindowDeleted(id: string, deletedMs: number | null): SqlStatement {
  return statementOf(
    build.update(maintenanceWindows).set({ deletedMs }).where(eq(maintenanceWindows.id, id)),
  );
}

/** Removes it for good. */
export function deleteWindow(id: string): SqlStatement {
  return statementOf(build.delete(maintenanceWindows).where(eq(maintenanceWindows.id, id)));
}
