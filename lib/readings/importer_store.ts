/** The rows of importers: how far each is, what it has stored, and what sensors had said before. */
import type { SqlStatement } from "../db/client.ts";
import type { Connection } from "../db/connection.ts";
import type { Imported, ImporterStep, ImportState } from "./importing.ts";
import type { OwnLast, SeriesTable } from "./series.ts";

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

/** In front of the number of a sensor, in the name of a row that is no importer's. */
export const OWN_LAST = "last ";

/** What a sensor said last itself: belongs into the transaction that imports something newer. */
export function writeOwnLast(
  sensor: number,
  { importedUntilMs, tMs, value }: OwnLast,
): SqlStatement {
  return {
    sql: "INSERT OR REPLACE INTO imports (name, cursor, stored, repeated) VALUES (?,?,0,0)",
    args: [OWN_LAST + sensor, `${importedUntilMs} ${tMs} ${value}`],
  };
}

/** To be called before the journal is read, which says what came since. */
export async function loadOwnLasts(connection: Connection, table: SeriesTable): Promise<void> {
  const { rows } = await connection.query({
    sql: "SELECT name, cursor FROM imports WHERE name >= ? AND name < ?",
    args: [OWN_LAST, OWN_LAST + ":"],
  });
  for (const [name, cursor] of rows) {
    const series = table.getOrCreate(Number(String(name).slice(OWN_LAST.length)));
    const [importedUntilMs, tMs, value] = String(cursor).split(" ").map(Number);
    if (series.newestMs <= importedUntilMs) series.ownLast = { importedUntilMs, tMs, value };
  }
}
