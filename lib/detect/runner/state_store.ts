import type { Database, SqlStatement } from "../../db/client.ts";

/** A detector state as it was saved. */
export interface SavedState {
  sensor: number;
  /** The last journal group that it has seen. */
  group: number;
  data: Uint8Array;
}

/** Reads the table `detector_states`. */
export async function loadStates(db: Pick<Database, "query">): Promise<SavedState[]> {
  const { rows } = await db.query({
    sql: "SELECT sensor_num, group_id, data FROM detector_states",
  });
  return rows.map(([sensor, seen, data]) => ({
    sensor: Number(sensor),
    group: Number(seen),
    data: data as Uint8Array,
  }));
}

export function putState({ sensor, group, data }: SavedState): SqlStatement {
  return {
    sql: "INSERT OR REPLACE INTO detector_states (sensor_num, group_id, data) VALUES (?,?,?)",
    args: [sensor, group, data],
  };
}
