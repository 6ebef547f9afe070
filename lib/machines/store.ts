import type { Database, SqlStatement } from "../db/client.ts";
import type { SensorKind } from "../readings/reading.ts";
import type { Machine } from "./machine.ts";
import type { RegistryRows, Sensor } from "./sensor.ts";
import { settingsJson, settingsOf } from "./sensor_settings.ts";
import type { MaintenanceWindow } from "./windows.ts";

/** Loads every machine, sensor and state text; last values come from the readings store. */
export async function loadRegistry(db: Database): Promise<Omit<RegistryRows, "last">> {
  const sensors = await db.query({
    sql: "select num, id, name, machine, sensor, unit, kind, review, created_ms, settings, " +
      "deleted_ms, device_unit, other_units from sensors order by num",
  });
  const states = await db.query({
    sql: "select sensor_num, code, text from sensor_states order by sensor_num, code",
  });
  return {
    machines: await loadMachines(db),
    sensors: sensors.rows.map((row) => ({
      num: Number(row[0]),
      id: String(row[1]),
      name: String(row[2]),
      machine: String(row[3]),
      sensor: String(row[4]),
      unit: row[5] === null ? null : String(row[5]),
      kind: row[6] as SensorKind,
      review: row[7] as "new" | "confirmed",
      createdMs: Number(row[8]),
      settings: settingsOf(String(row[9])),
      deletedMs: row[10] === null ? null : Number(row[10]),
      deviceUnit: row[11] === null ? null : String(row[11]),
      otherUnits: row[12] === null ? [] : JSON.parse(String(row[12])),
    })),
    states: states.rows.map((row) => ({
      sensorNum: Number(row[0]),
      code: Number(row[1]),
      text: String(row[2]),
    })),
  };
}

async function loadMachines(db: Database): Promise<Machine[]> {
  const { rows } = await db.query({
    sql: "select path, id, name, tags, notes, review, created_ms, deleted_ms, photo, " +
      "former_paths from machines",
  });
  return rows.map((row) => ({
    path: String(row[0]),
    id: String(row[1]),
    name: row[2] === null ? null : String(row[2]),
    tags: JSON.parse(String(row[3])),
    notes: String(row[4]),
    review: row[5] as "new" | "confirmed",
    createdMs: Number(row[6]),
    deletedMs: row[7] === null ? null : Number(row[7]),
    photo: row[8] === null ? null : JSON.parse(String(row[8])),
    formerPaths: JSON.parse(String(row[9])),
  }));
}

/** Loads the maintenance windows, deleted ones too. */
export async function loadWindows(db: Database): Promise<MaintenanceWindow[]> {
  const { rows } = await db.query({
    sql: "select id, path, title, timing, created_ms, deleted_ms from maintenance_windows " +
      "order by created_ms",
  });
  return rows.map((row) => ({
    id: String(row[0]),
    path: String(row[1]),
    title: String(row[2]),
    timing: JSON.parse(String(row[3])),
    createdMs: Number(row[4]),
    deletedMs: row[5] === null ? null : Number(row[5]),
  }));
}

/** Writes the row of a machine that appeared by itself; what a person wrote meanwhile stays. */
export function addMachineStatement(machine: Machine): SqlStatement {
  return insertMachine(machine, "do nothing");
}

/** Writes a machine's row, new or changed. */
export function putMachineStatement(machine: Machine): SqlStatement {
  return insertMachine(
    machine,
    "do update set name = excluded.name, tags = excluded.tags, notes = excluded.notes, " +
      "review = excluded.review, deleted_ms = excluded.deleted_ms, photo = excluded.photo, " +
      "former_paths = excluded.former_paths",
  );
}

function insertMachine(machine: Machine, onConflict: string): SqlStatement {
  return {
    sql: "insert into machines(path, id, name, tags, notes, review, created_ms, deleted_ms, " +
      `photo, former_paths) values (?,?,?,?,?,?,?,?,?,?) on conflict(path) ${onConflict}`,
    args: [
      machine.path,
      machine.id,
      machine.name,
      JSON.stringify(machine.tags),
      machine.notes,
      machine.review,
      machine.createdMs,
      machine.deletedMs,
      machine.photo === null ? null : JSON.stringify(machine.photo),
      JSON.stringify(machine.formerPaths),
    ],
  };
}

/** Gives a machine's row its new path, and windows that name it; the rest is written by `putMachineStatement`. */
export function moveMachineStatements({ id, path }: Machine, to: string): SqlStatement[] {
  return [
    { sql: "update machines set path = ? where id = ?", args: [to, id] },
    { sql: "update maintenance_windows set path = ? where path = ?", args: [to, path] },
  ];
}

export function deleteMachine(path: string): SqlStatement {
  return { sql: "delete from machines where path = ?", args: [path] };
}

/** Writes a sensor that is new; one that is there stays as it is. */
export function insertSensor(sensor: Sensor): SqlStatement {
  return {
    sql: "insert or ignore into sensors(num, id, name, machine, sensor, unit, kind, review, " +
      "created_ms, settings, device_unit) values (?,?,?,?,?,?,?,?,?,?,?)",
    args: [
      sensor.num,
      sensor.id,
      sensor.name,
      sensor.machine,
      sensor.sensor,
      sensor.unit,
      sensor.kind,
      sensor.review,
      sensor.createdMs,
      settingsJson(sensor.settings),
      sensor.deviceUnit,
    ],
  };
}

/** Writes which units a sensor's device reports. */
export function deviceUnitsStatement(sensor: Sensor): SqlStatement {
  const { num, unit, deviceUnit, otherUnits } = sensor;
  return {
    sql: "update sensors set unit = ?, device_unit = ?, other_units = ? where num = ?",
    args: [unit, deviceUnit, otherUnits.length === 0 ? null : JSON.stringify(otherUnits), num],
  };
}

/** Writes what a person may change of a sensor. */
export function sensorStatement(sensor: Sensor): SqlStatement {
  const cut = sensor.name.lastIndexOf("/");
  return {
    sql: "update sensors set name = ?, machine = ?, sensor = ?, unit = ?, kind = ?, review = ?, " +
      "settings = ?, deleted_ms = ? where num = ?",
    args: [
      sensor.name,
      sensor.name.slice(0, cut),
      sensor.name.slice(cut + 1),
      sensor.unit,
      sensor.kind,
      sensor.review,
      settingsJson(sensor.settings),
      sensor.deletedMs,
      sensor.num,
    ],
  };
}

/** Removes a sensor's rows for good. */
export function deleteSensor(num: number): SqlStatement[] {
  return [
    { sql: "delete from sensor_states where sensor_num = ?", args: [num] },
    { sql: "delete from sensors where num = ?", args: [num] },
  ];
}

/** Writes what kind a sensor turned out to be. */
export function setKindStatement(num: number, kind: SensorKind): SqlStatement {
  return { sql: "update sensors set kind = ? where num = ?", args: [kind, num] };
}

/** Writes the code of a text that a sensor reports. */
export function insertState(num: number, code: number, text: string): SqlStatement {
  return {
    sql: "insert or ignore into sensor_states(sensor_num, code, text) values (?,?,?)",
    args: [num, code, text],
  };
}

export function insertWindow(
  { id, path, title, timing, createdMs }: MaintenanceWindow,
): SqlStatement {
  return {
    sql: "insert into maintenance_windows(id, path, title, timing, created_ms) values (?,?,?,?,?)",
    args: [id, path, title, JSON.stringify(timing), createdMs],
  };
}

/** Deleted, so that it can be restored; null: restored. */
export function setWindowDeleted(id: string, deletedMs: number | null): SqlStatement {
  return {
    sql: "update maintenance_windows set deleted_ms = ? where id = ?",
    args: [deletedMs, id],
  };
}

/** Removes it for good. */
export function deleteWindow(id: string): SqlStatement {
  return { sql: "delete from maintenance_windows where id = ?", args: [id] };
}
