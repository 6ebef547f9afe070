import { createHash } from "node:crypto";
import { join } from "node:path";
import { openConnection } from "../../../lib/db/connection.ts";
import { contentOf } from "../../support/backup.ts";

const ROWS = 200;

/** A hash of what was in the data directory before the readings came: its sensors and chunks, its files. */
export async function filledHash(dataDir: string, chunks: number): Promise<string> {
  const hash = createHash("sha256");
  const connection = await openConnection({ url: `file:${join(dataDir, "perch.db")}` });
  try {
    const take = (rows: readonly (readonly unknown[])[]) => {
      for (const cell of rows.flat()) {
        hash.update(cell instanceof Uint8Array ? cell : `${cell};`);
      }
    };
    take(
      (await connection.query({
        sql: "SELECT * FROM sensors WHERE machine LIKE 'filled/%' ORDER BY num",
      })).rows,
    );
    for (let id = 0; id < chunks; id += ROWS) {
      const { rows } = await connection.query({
        sql: "SELECT * FROM chunks WHERE id > ? AND id <= ? ORDER BY id",
        args: [id, Math.min(chunks, id + ROWS)],
      });
      take(rows);
    }
  } finally {
    await connection.close();
  }
  for (const [path, content] of [...await contentOf(join(dataDir, "files"))].sort()) {
    hash.update(`${path} ${content};`);
  }
  return hash.digest("hex");
}
