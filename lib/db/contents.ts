import type { Connection } from "./connection.ts";

/** Rows of each table, by the names of the tables. Reads the whole file. */
export async function countRows(connection: Connection): Promise<Record<string, number>> {
  const { rows } = await connection.query({
    sql:
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
  });
  const counts: Record<string, number> = {};
  for (const [name] of rows) {
    const quoted = `"${String(name).replaceAll('"', '""')}"`;
    const found = await connection.query({ sql: `SELECT count(*) FROM ${quoted}` });
    counts[String(name)] = Number(found.rows[0][0]);
  }
  return counts;
}

/** Name of the last migration that was applied, without its ending: `0042_backups`; empty when there is none. */
export async function schemaHead(connection: Connection): Promise<string> {
  const { rows } = await connection.query({ sql: "SELECT max(name) FROM migrations" });
  return String(rows[0]?.[0] ?? "").replace(/\.sql$/, "");
}
