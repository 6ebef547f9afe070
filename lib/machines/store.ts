import type { Database } from "../db/client.ts";
import type { SensorKind } from "../readings/reading.ts";
import type { RegistryRows } from "./registry.ts";

/** Loads every sensor and state text; last values come from the readings store. */
export async function loadRegistry(db: Database): Promise<Omit<RegistryRows, "last">> {
  const sensors = await db.query({
    sql:
      "select num, id, name, machine, sensor, unit, kind, review, created_ms from sensors order by num",
  });
  const states = await db.query({
    sql: "select sensor_num, code, text from sensor_states order by sensor_num, code",
  });
  return {
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
    })),
    states: states.rows.map((row) => ({
      sensorNum: Number(row[0]),
      code: Number(row[1]),
      text: String(row[2]),
    })),
  };
}
