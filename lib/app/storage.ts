import { carried } from "../base/carried.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log, LogLevel } from "../base/log.ts";
import type { Checkpoint } from "../db/checkpoint.ts";
import { type Database, type SqlStatement, writing } from "../db/client.ts";
import type { Synchronous } from "../db/connection.ts";
import { type Ahead, readMigrations } from "../db/migrate.ts";
import { createRpcClient, type RpcClient } from "../db/rpc.ts";
import { createReadingsClient } from "../readings/client.ts";
import type { ReadingsStore } from "../readings/store.ts";
import type { LookedAt } from "./open_owned.ts";
import { findRemains } from "./remains.ts";
import { type CutLog, type PreparedFiles, prepareFiles, refusedLoss } from "./storage_files.ts";
import { startStorageWorker } from "./storage_start.ts";
import type { WorkerPulse } from "./storage_pulse.ts";
import type { LogMessage, LostMessage, OpenRequest } from "./storage_worker.ts";

/** A database that migrations are about to change. */
export interface Upgrade {
  /** Its last migration. */
  from: string;
  path: string;
  query: Database["query"];
}

export interface StorageOptions {
  /** `file:` URL with an absolute path, or `http(s)://` of a libSQL server. */
  url: string;
  authToken?: string;
  log: Log;
  /** Least level at which the worker speaks; default `info`. */
  logLevel?: LogLevel;
  /**
   * Of this Perch: where keys, attachments and logs are. They say whether there was a database before. Default:
   * the folder of the database's file.
   */
  dataDir?: string;
  /** On a server: how long this owner may be silent. Default 12 s. */
  livesMs?: number;
  /** A person confirmed that a new plant begins, although something is left of one. */
  anew?: boolean;
  /** Called when nothing speaks against opening the database, before it is opened. */
  beforeOpen?: () => Promise<void>;
  /** Called before migrations change a database that is there, and waited for. */
  beforeUpgrade?: (upgrade: Upgrade) => Promise<void>;
  /**
   * Called once when the worker dies by itself, or when another Perch has taken the database: this process has
   * to end. Every later write rejects with `storage_failed`.
   */
  onFault?: (error: PerchError) => void;
  /** Called once when a file of the database was removed or replaced: nothing is stored any more. */
  onLost?: (error: PerchError) => void;
  /** Gives the database worker. Default: a new one. */
  worker?: () => Worker;
  /** For tests: the migrations of another release. */
  migrationsFolder?: string;
  /** For sabotage in tests only: `full` is what keeps the promise. */
  synchronous?: Synchronous;
}

/** The database and what stands on it, as seen from the main thread. */
export interface Storage {
  db: Database;
  readings: ReadingsStore;
  /** Brings the write-ahead log into the database (`Connection.checkpoint`). */
  checkpoint(truncate: boolean): Promise<Checkpoint>;
  /** A sign of life, at the end of which the worker tells the service manager. */
  pulse(request: WorkerPulse): Promise<void>;
  /** Migrations that were applied by this start. */
  applied: string[];
  /** Damaged logs that SQLite could not read to their end, as long as their copies lie there. */
  cuts: CutLog[];
  /** Ends the worker after what was asked is done; checkpoints and closes. */
  close(): Promise<void>;
}

/**
 * Starts the database worker, opens (or creates) the database, brings its schema up to date and rebuilds
 * the unsealed readings. Rejects with one sentence, and has changed nothing then: `not_started` when it is in
 * use, damaged, not Perch's or missing where there was one, `storage_failed` when it cannot be used at the
 * moment, `conflict` when a newer Perch wrote it.
 */
export async function openStorage(options: StorageOptions): Promise<Storage> {
  const path = /^file:(.*)$/.exec(options.url)?.[1] ?? null;
  const dataDir = options.dataDir ?? null;
  const { log, anew = false } = options;
  const worker = (options.worker ?? startStorageWorker)();
  let files: PreparedFiles | null = null;
  try {
    files = path === null ? null : prepareFiles({ path, dataDir, anew, log });
    await options.beforeOpen?.();
    return await openPrepared(options, files, worker);
  } catch (error) {
    // Not closed: SQLite would bring the log into a database that was refused.
    worker.terminate();
    files?.refused();
    throw error;
  }
}

async function openPrepared(
  options: StorageOptions,
  files: PreparedFiles | null,
  worker: Worker,
): Promise<Storage> {
  const rpc = createRpcClient(worker);
  forwardLog(worker, options.log);
  watch(worker, rpc, options);
  const request: OpenRequest = {
    connection: {
      url: files === null ? options.url : `file:${files.path}`,
      authToken: options.authToken,
      synchronous: options.synchronous,
    },
    migrations: readMigrations(options.migrationsFolder ?? migrationsFolder()),
    logLevel: options.logLevel ?? "info",
    path: files?.path ?? null,
    claimant: await claimantOf(options.dataDir),
    livesMs: options.livesMs,
    mustExist: mustExist(options, files),
  };
  const { upgradesFrom: from, ahead }: Omit<LookedAt, "raw"> = await rpc.call("look", [request]);
  if (ahead.length > 0) options.log.warn(aheadWords(ahead));
  if (from !== null && files !== null) {
    const query = (statement: SqlStatement) => rpc.call("query", [statement]);
    await options.beforeUpgrade?.({ from, path: files.path, query });
  }
  const { applied }: { applied: string[] } = await rpc.call("open", [request]);
  files?.opened();
  let closing: Promise<void> | null = null;
  const close = () =>
    closing ??= rpc.call("close", []).finally(() => {
      rpc.fail(new PerchError("storage_failed", "the database is closed"));
      worker.terminate();
      files?.release();
    });
  const db: Database = {
    query: (statement) => rpc.call("query", [statement]),
    write: writing((statements) => rpc.call("write", [statements])),
    close,
  };
  const cuts = files?.cuts ?? [];
  const checkpoint = (truncate: boolean): Promise<Checkpoint> => rpc.call("checkpoint", [truncate]);
  const pulse = (request: WorkerPulse): Promise<void> => rpc.call("pulse", [request]);
  return { db, readings: createReadingsClient(rpc), checkpoint, pulse, applied, cuts, close };
}

function aheadWords(ahead: readonly Ahead[]): string {
  const { name, perch } = ahead.at(-1)!;
  return `the database was brought up to date by a newer Perch (${
    perch === null ? "" : `version ${perch}, `
  }up to migration ${name}); this one works with it too, without what is new`;
}

/** The sentence with which an empty database is refused; null: nothing says that there was one. */
function mustExist(
  { dataDir, url, anew }: StorageOptions,
  files: PreparedFiles | null,
): string | null {
  if (dataDir === undefined || anew) return null;
  const remains = findRemains(dataDir, files?.path ?? null);
  return remains.length === 0 ? null : refusedLoss(files?.path ?? url, "empty", remains).message;
}

async function claimantOf(dataDir: string | undefined): Promise<OpenRequest["claimant"]> {
  const host = Deno.hostname();
  const place = dataDir === undefined ? "" : await placeOf(host, dataDir);
  return { host, pid: Deno.pid, place, sinceMs: Date.now() };
}

/**
 * Names this data directory on this host. Its lock is held by whoever starts here, so an owner from the same
 * place is dead. Cloned cards have the same names, but not the same network cards.
 */
async function placeOf(host: string, dataDir: string): Promise<string> {
  const { dev, ino } = Deno.statSync(dataDir);
  const cards = [...new Set(Deno.networkInterfaces().map(({ mac }) => mac))].sort();
  const text = JSON.stringify([host, cards, Deno.realPathSync(dataDir), dev, ino]);
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash, 0, 16), (b) => b.toString(16).padStart(2, "0")).join("");
}

/** Where the migrations are, in the binary too. */
export function migrationsFolder(): string {
  return carried("migrations");
}

function forwardLog(worker: Worker, log: Log): void {
  worker.addEventListener("message", (event) => {
    const entry = (event.data as Partial<LogMessage>).log;
    if (entry) log.child(entry.part)[entry.level](entry.message, entry.fields);
  });
}

function watch(
  worker: Worker,
  rpc: RpcClient,
  { onFault, onLost }: Pick<StorageOptions, "onFault" | "onLost">,
): void {
  worker.addEventListener("message", (event) => {
    const { lost } = event.data as Partial<LostMessage>;
    if (lost === undefined) return;
    (lost.end ? onFault : onLost)?.(new PerchError("storage_failed", lost.message));
  });
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
