import type { Database, SqlStatement } from "../db/client.ts";
import type { MachineStatus } from "./status_words.ts";

/** A status as it is stored: a restart goes on from it. */
export interface StoredStatus {
  kind: "sensor" | "machine";
  /** Public id. */
  id: string;
  status: MachineStatus;
  sinceMs: number;
}

/** Loads what was stored last of every sensor and machine, and forgets those that are gone for good. */
export async function loadStatuses(db: Database): Promise<StoredStatus[]> {
  await db.write([{
    sql: "delete from statuses where id not in " +
      "(select id from sensors union all select id from machines)",
  }]);
  const { rows } = await db.query({ sql: "select kind, id, status, since_ms from statuses" });
  return rows.map(([kind, id, status, sinceMs]) => ({
    kind: kind as StoredStatus["kind"],
    id: String(id),
    status: status as MachineStatus,
    sinceMs: Number(sinceMs),
  }));
}

export function statusStatement({ kind, id, status, sinceMs }: StoredStatus): SqlStatement {
  return {
    sql: "insert into statuses (kind, id, status, since_ms) values (?,?,?,?) " +
      "on conflict (kind, id) do update set status = excluded.status, since_ms = excluded.since_ms",
    args: [kind, id, status, Math.trunc(sinceMs)],
  };
}
