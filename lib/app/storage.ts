import { messageOf, PerchError } from "../base/errors.ts";
import type { Log, LogLevel } from "../base/log.ts";
import type { Database } from "../db/client.ts";
import type { Synchronous } from "../db/connection.ts";
import { readMigrations } from "../db/migrate.ts";
import { createRpcClient, type RpcClient } from "../db/rpc.ts";
import { createReadingsClient } from "../readings/client.ts";
import type { ReadingsStore } from "../readings/store.ts";
import type { LogMessage, OpenRequest } from "./storage_worker.ts";

export interface StorageOptions {
  /** `file:` URL with an absolute path, or `http(s)://` of a libSQL server. */
  url: string;
  authToken?: string;
  log: Log;
  /** Least level at which the worker speaks; default `info`. */
  logLevel?: LogLevel;
  /** Called once when the worker dies by itself; every later call rejects with `storage_failed`. */
  onFault?: (error: PerchError) => void;
  /** For sabotage in tests only: `full` is what keeps the promise. */
  synchronous?: Synchronous;
}

/** The database and what stands on it, as seen from the main thread. */
export interface Storage {
  db: Database;
  readings: ReadingsStore;
  /** Migrations that were applied by this start. */
  applied: string[];
  /** Ends the worker after what was asked is done; checkpoints and closes. */
  close(): Promise<void>;
}

/**
 * Starts the database worker, opens (or creates) the database, brings its schema up to date and rebuilds
 * the unsealed readings. Rejects with one sentence: `storage_failed` when the database cannot be used,
 * `conflict` when a newer Perch wrote it.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const worker = new Worker(new URL("./storage_worker.ts", import.meta.url), { type: "module" });
  const rpc = createRpcClient(worker);
  forwardLog(worker, options.log);
  watch(worker, rpc, options.onFault);
  const request: OpenRequest = {
    connection: {
      url: options.url,
      authToken: options.authToken,
      synchronous: options.synchronous,
    },
    migrations: readMigrations(migrationsFolder()),
    logLevel: options.logLevel ?? "info",
  };
  let applied: string[];
  try {
    ({ applied } = await rpc.call("open", [request]));
  } catch (error) {
    worker.terminate();
    throw error;
  }
  let closing: Promise<void> | null = null;
  const close = () =>
    closing ??= rpc.call("close", []).finally(() => {
      rpc.fail(new PerchError("storage_failed", "the database is closed"));
      worker.terminate();
    });
  const db: Database = {
    query: (statement) => rpc.call("query", [statement]),
    write: (statements) => rpc.call("write", [statements]),
    close,
  };
  return { db, readings: createReadingsClient(rpc), applied, close };
}

function migrationsFolder(): string {
  return `${import.meta.dirname}/../../migrations`;
}

function forwardLog(worker: Worker, log: Log): void {
  worker.addEventListener("message", (event) => {
    const entry = (event.data as Partial<LogMessage>).log;
    if (entry) log.child(entry.part)[entry.level](entry.message, entry.fields);
  });
}

function watch(worker: Worker, rpc: RpcClient, onFault?: (error: PerchError) => void): void {
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    const error = new PerchError(
      "storage_failed",
      `the database worker ended: ${event.message || messageOf(event.error)}`,
    );
    rpc.fail(error);
    onFault?.(error);
  });
}
