import type { Database } from "./client.ts";

const MOST_PROBLEMS = 20;

/**
 * SQLite's `quick_check`: structure of every page and table, without comparing indexes. Gives the problems
 * it found, at most 20; empty when the database is sound. Reads the whole file.
 */
export async function quickCheck(db: Database): Promise<string[]> {
  const { rows } = await db.query({ sql: `PRAGMA quick_check(${MOST_PROBLEMS})` });
  return rows.map(([text]) => String(text)).filter((text) => text !== "ok");
}

/** One round trip to the database. @throws PerchError `unavailable` when it does not answer */
export async function ping(db: Database): Promise<void> {
  await db.query({ sql: "select 1" });
}

/** Writes one small row and waits for the disk. @throws PerchError `storage_full`, `storage_failed` */
export async function probeWrite(db: Pick<Database, "write">, nowMs: number): Promise<void> {
  await db.write([{
    sql: "insert into storage_probe (id, at_ms) values (1, ?) " +
      "on conflict (id) do update set at_ms = excluded.at_ms",
    args: [nowMs],
  }]);
}
