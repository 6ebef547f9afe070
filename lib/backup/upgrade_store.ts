import type { Query } from "./restore_store.ts";

/** What a database says of its plant before it is brought up to date. */
export interface PlantBefore {
  uid: string;
  /** Of the last backup. */
  sequence: number;
  /** Public key for which backups are encrypted; null: they are not. */
  recipient: string | null;
}

/** By hand: the schema is an older one. Null: it is from before plants had ids. */
export async function plantBefore(query: Query): Promise<PlantBefore | null> {
  const { rows: tables } = await query({
    sql: "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'plant'",
  });
  if (tables.length === 0) return null;
  const { rows } = await query({ sql: "SELECT uid, backup_sequence, backup_recipient FROM plant" });
  if (rows.length === 0) return null;
  const [[uid, sequence, recipient]] = rows;
  return {
    uid: String(uid),
    sequence: Number(sequence),
    recipient: recipient === null ? null : String(recipient),
  };
}
