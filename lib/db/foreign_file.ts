import { pathToFileURL } from "node:url";
import type { SqlValue } from "./client.ts";

/** A database file of another program, read row by row. */
export interface ForeignFile extends Disposable {
  /** Values in the order of the columns that are asked for. @throws what SQLite says */
  rows(sql: string, ...args: number[]): Iterable<SqlValue[]>;
}

/**
 * Opens it for reading, as a file that nobody changes: nothing of it is written or locked, and nothing is made beside
 * it. `node:sqlite` takes no such words from a program without every permission. @throws what SQLite says
 */
export async function openForeignFile(path: string): Promise<ForeignFile> {
  const { default: Database } = await import("libsql");
  const url = pathToFileURL(path);
  url.searchParams.set("immutable", "1");
  const database = new Database(url.href, { readonly: true });
  return {
    rows: (sql, ...args) => database.prepare(sql).raw(true).iterate(args) as Iterable<SqlValue[]>,
    [Symbol.dispose]: () => void database.close(),
  };
}
