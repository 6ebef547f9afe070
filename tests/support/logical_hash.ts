import { createHash } from "node:crypto";
import { openConnection } from "../../lib/db/connection.ts";

/**
 * A hash of each table's rows, in any order of pages: two databases with the same ones hold the same. For a file
 * that no Perch has open.
 */
export async function logicalHashes(path: string): Promise<Record<string, string>> {
  const connection = await openConnection({ url: `file:${path}` });
  try {
    const { rows: tables } = await connection.query({
      sql:
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name",
    });
    const out: Record<string, string> = {};
    for (const [name] of tables) {
      const { columns, rows } = await connection.query({ sql: `select * from "${name}"` });
      const lines = rows.map((row) =>
        JSON.stringify(
          row.map((cell) => cell instanceof Uint8Array ? cell.toBase64() : String(cell)),
        )
      ).sort();
      const hash = createHash("sha256").update(columns.join());
      for (const line of lines) hash.update(line);
      out[String(name)] = `${rows.length} ${hash.digest("hex")}`;
    }
    return out;
  } finally {
    await connection.close();
  }
}
