import type { Database } from "../db/client.ts";
import type { SensorKind } from "../readings/reading.ts";
import type { Machine } from "./machine.ts";
import type { RegistryRows } from "./registry.ts";
import { settingsOf } from "./sensor_settings.ts";
import type { MaintenanceWindow } from "./windows.ts";

/** Loads every machine, sensor and state text; last values come from the readings store. */
export async function loadRegistry(db: Database): Promise<Omit<RegistryRows, "last">> {
  const sensors = await db.query({
    sql: "select num, id, name, machine, sensor, unit, kind, review, created_ms, settings, " +
      "deleted_ms from sensors order by num",
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
    sql: "select path, id, name, tags, notes, review, created_ms, deleted_ms from machines",
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
  }));
}

/** Loads the maintenance windows. */
export async function loadWindows(db: Database): Promise<MaintenanceWindow[]> {
  const { rows } = await db.query({
    sql: "select id, path, title, timing, created_ms from maintenance_windows order by created_ms",
  });
  return rows.map((row) => ({
    id: String(row[0]),
    path: String(row[1]),
    title: String(row[2]),
    timing: JSON.parse(String(row[3])),
    createdMs: Number(row[4]),
  }));
}
