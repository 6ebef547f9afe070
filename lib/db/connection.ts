import { PerchError } from "../base/errors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { SqlResult, SqlStatement, SqlValue } from "./client.ts";
import { relaxed, WAITS_FOR_DISK, whyRelaxed } from "./durability.ts";
import { type FileDriver, openFileDriver } from "./file_driver.ts";
import { storageError } from "./sql_errors.ts";

/**
 * The one connection to the database, used inside the database worker only.
 * Everything here blocks the calling thread while the disk works (`file:`), or waits for a libSQL
 * server (`http:`).
 */
export interface Connection {
  /** `server` when the database is a libSQL server: PRAGMAs and the file are its own business. */
  readonly kind: "file" | "server";
  query(statement: SqlStatement): Promise<SqlResult>;
  /** All statements in one transaction (`BEGIN IMMEDIATE` … `COMMIT`): all or none. */
  write(statements: readonly SqlStatement[]): Promise<SqlResult[]>;
  /**
   * Brings the log into the database as far as nobody is in the way, `truncate`: all of it, and makes the file
   * of the log empty. On a server there is nothing to do. Rejects when the disk does not let it.
   */
  checkpoint(truncate: boolean): Promise<Checkpoint>;
  /** Checkpoints (file) and closes. */
  close(): Promise<void>;
}

/** Durability of the file. `full` is what is promised; the others exist for the tests' sabotage. */
export type Synchronous = "full" | "normal" | "off";

export interface ConnectionOptions {
  /** `file:/absolute/path.db` or `http(s)://host:port`. */
  url: string;
  authToken?: string;
  synchronous?: Synchronous;
}

const BUSY_TIMEOUT_MS = 5000;
const PAGE_BYTES = 1024;
const AUTOCHECKPOINT_PAGES = 1000;
const SYNCHRONOUS_LEVEL: Record<Synchronous, number> = { off: 0, normal: 1, full: 2 };

/** Loads what opens databases of this kind, which `openConnection` does otherwise. */
export async function loadDriver(url: string): Promise<void> {
  await (url.startsWith("file:") ? import("libsql") : import("@libsql/client"));
}

/**
 * Opens the database and asserts how it is kept: WAL, `synchronous=FULL`, checkpoints every 1000
 * pages, small pages on a new file. Rejects with `storage_failed` when that cannot be had.
 */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  try {
    return options.url.startsWith("file:") ? await overFile(options) : await overServer(options);
  } catch (error) {
    throw storageError(error, `open the database ${options.url}`);
  }
}

async function overFile({ url, synchronous = "full" }: ConnectionOptions): Promise<Connection> {
  const path = url.slice("file:".length);
  makePrivate(path);
  const own = Object.entries(ownPragmas(synchronous));
  const again = own.map(([name, value]) => `PRAGMA ${name}=${value}`);
  const driver = await openFileDriver({ path, busyMs: BUSY_TIMEOUT_MS, again });
  const connection: Connection = {
    kind: "file",
    query: (statement) => tried("read the database", () => driver.execute(statement)),
    write: (statements) => tried("write to the database", () => driver.transaction(statements)),
    checkpoint: (truncate) =>
      tried("bring the log into the database", () => {
        const sql = `PRAGMA wal_checkpoint(${truncate ? "TRUNCATE" : "PASSIVE"})`;
        const [busy, pages, done] = driver.execute({ sql }).rows[0].map(Number);
        return { busy: busy !== 0, pages, done };
      }),
    async close() {
      await connection.checkpoint(true).catch(() => {});
      driver.close();
    },
  };
  try {
    await assertPragmas(connection, synchronous);
  } catch (error) {
    // It is not closed: SQLite would bring the log into a database that cannot be used. The process ends.
    unusable.push(driver);
    throw error;
  }
  return connection;
}

async function overServer(
  { url, authToken, synchronous = "full" }: ConnectionOptions,
): Promise<Connection> {
  const { createClient } = await import("@libsql/client");
  const client = createClient({ url, authToken, concurrency: 1, timeout: BUSY_TIMEOUT_MS });
  const first = synchronous === "full" ? [WAITS_FOR_DISK] : [];
  const batch = async (statements: readonly SqlStatement[]) => {
    const all = [...first, ...statements].map(forLibsql);
    return (await client.batch(all, "write")).slice(first.length).map(plainResult);
  };
  const connection: Connection = {
    kind: "server",
    query: (statement) =>
      tried(
        "read the database",
        async () => plainResult(await client.execute(forLibsql(statement))),
      ),
    write: (statements) =>
      tried("write to the database", async () => {
        try {
          return await batch(statements);
        } catch (error) {
          throw await whyRelaxed(connection.query, url, error) ?? error;
        }
      }),
    checkpoint: () => Promise.resolve({ busy: false, pages: 0, done: 0 }),
    close: () => Promise.resolve(client.close()),
  };
  try {
    const why = await relaxed(connection.query, url);
    if (why !== null && first.length > 0) throw why;
  } catch (error) {
    client.close();
    throw error;
  }
  return connection;
}

/** @throws PerchError that says what was tried */
async function tried<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageError(error, what);
  }
}

/**
 * Makes the file of a new database, so that its owner alone reads it; SQLite gives the log beside it the same mode. A file
 * that is there is not touched: to open and close it would drop SQLite's locks on it.
 */
function makePrivate(path: string): void {
  try {
    Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  } catch {
    // It is there; or it cannot be made, which SQLite will say.
  }
}

/** Kept, so that the garbage collection does not close them. */
const unusable: FileDriver[] = [];

async function assertPragmas(connection: Connection, synchronous: Synchronous): Promise<void> {
  const pragma = async (name: string, value?: string | number): Promise<SqlValue> => {
    const sql = value === undefined ? `PRAGMA ${name}` : `PRAGMA ${name}=${value}`;
    return (await connection.query({ sql })).rows[0]?.[0] ?? null;
  };
  const isNew = await pragma("page_count") === 0;
  if (isNew) {
    // Takes effect only before the first page is written: an existing file keeps its size.
    await pragma("page_size", PAGE_BYTES);
    // The first page goes through a rollback journal; EXTRA also syncs the removal of that file, which
    // could otherwise come back after a power cut and undo what followed.
    await pragma("synchronous", "EXTRA");
  }
  await pragma("journal_mode", "WAL");
  const own = ownPragmas(synchronous);
  for (const [name, value] of Object.entries(own)) await pragma(name, value);
  const expected: Record<string, SqlValue> = {
    journal_mode: "wal",
    auto_vacuum: 0,
    ...own,
    ...(isNew ? { page_size: PAGE_BYTES } : {}),
  };
  for (const [name, value] of Object.entries(expected)) {
    const actual = await pragma(name);
    if (actual !== value) {
      throw new PerchError(
        "storage_failed",
        `the database does not keep PRAGMA ${name}: it is ${actual}, Perch needs ${value}`,
      );
    }
  }
}

/** Those of a connection; the others are the file's. */
const ownPragmas = (synchronous: Synchronous): Record<string, number> => ({
  synchronous: SYNCHRONOUS_LEVEL[synchronous],
  wal_autocheckpoint: AUTOCHECKPOINT_PAGES,
  foreign_keys: 1,
});

function forLibsql(statement: SqlStatement): { sql: string; args: SqlValue[] } {
  return { sql: statement.sql, args: (statement.args ?? []) as SqlValue[] };
}

function plainResult(
  result: { columns: string[]; rows: ArrayLike<unknown>[]; rowsAffected: number },
): SqlResult {
  const width = result.columns.length;
  const rows: SqlValue[][] = new Array(result.rows.length);
  for (let r = 0; r < rows.length; r++) {
    const from = result.rows[r];
    const row: SqlValue[] = new Array(width);
    for (let c = 0; c < width; c++) {
      const value = from[c];
      row[c] = value instanceof ArrayBuffer ? new Uint8Array(value) : value as SqlValue;
    }
    rows[r] = row;
  }
  return { columns: result.columns, rows, rowsAffected: result.rowsAffected };
}
