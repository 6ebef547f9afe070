/** The rows of importers: how far each is, and what it has stored. */
import type { SqlStatement } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import type { Imported, ImporterStep, ImportState } from "./importing.ts";

/** Moves an importer on: belongs into the transaction that stores what it counts. */
export function moveImporter(
  { name, cursor, done }: ImporterStep,
  { stored, repeated, taken }: Imported,
): SqlStatement {
  return {
    sql: "INSERT INTO imports (name, cursor, stored, repeated) VALUES (?,?,?,?) " +
      "ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor, " +
      "stored = stored + excluded.stored, repeated = repeated + excluded.repeated",
    args: [name, `${done + taken} ${cursor}`, stored, repeated],
  };
}

export async function importStateOf(
  connection: Connection,
  name: string,
): Promise<ImportState | null> {
  const { rows } = await connection.query({
    sql: "SELECT cursor, stored, repeated FROM imports WHERE name = ?",
    args: [name],
  });
  if (rows.length === 0) return null;
  const row = String(rows[0][0]);
  const cut = row.indexOf(" ");
  return {
    cursor: row.slice(cut + 1),
    done: Number(row.slice(0, cut)),
    stored: Number(rows[0][1]),
    repeated: Number(rows[0][2]),
  };
}

export async function forgetImporter(connection: Connection, name: string): Promise<void> {
  await connection.write([{ sql: "DELETE FROM imports WHERE name = ?", args: [name] }]);
}
