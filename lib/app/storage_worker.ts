/**
 * The database worker: owns the one connection and everything that runs beside it. It is started by
 * `openStorage` and answers its messages; nothing here runs on the main thread.
 */
import { systemClock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { createLog, type LogEntry, type LogLevel } from "../base/log.ts";
import { type Connection, type ConnectionOptions, openConnection } from "../db/connection.ts";
import type { SqlStatement } from "../db/client.ts";
import { watchFiles } from "../db/file_watch.ts";
import { guardConnection } from "../db/guarded.ts";
import { migrate, type Migration, readApplied } from "../db/migrate.ts";
import { claim, type Claimant, hasOwners } from "../db/owner.ts";
import { checkSound, refuseOther } from "../db/sound.ts";
import { type MessagePeer, type RpcHandlers, serveRpc } from "../db/rpc.ts";
import { readingsHandlers } from "../readings/client.ts";
import { createReadingsEngine } from "../readings/engine.ts";

/** What the worker is told to open. */
export interface OpenRequest {
  connection: ConnectionOptions;
  migrations: Migration[];
  logLevel: LogLevel;
  /** The database's file; null on a server. */
  path: string | null;
  claimant: Claimant;
  /** The reason not to begin with an empty database; null: it may be empty. */
  mustExist: string | null;
}

/** Nothing may be stored any more. `end`: this process has to end. */
export interface LostMessage {
  lost: { message: string; end: boolean };
}

/** A log entry on its way to the main thread; every other message is an answer. */
export interface LogMessage {
  log: LogEntry;
}

const peer = globalThis as unknown as MessagePeer;

let connection: Connection | null = null;

function opened(): Connection {
  if (connection === null) throw new PerchError("storage_failed", "the database is not open");
  return connection;
}

/** Opens the database, checks it and makes this Perch its owner, before anything is written. */
async function openOwned(request: OpenRequest) {
  const { path, migrations, claimant, mustExist } = request;
  const raw = await openConnection(request.connection);
  if (path !== null) await checkSound(raw, path);
  if (await readApplied(raw, migrations) === null) {
    await refuseOther(raw, request.connection.url, mustExist);
  }
  const older = !await hasOwners(raw);
  const applied = older ? await migrate(raw, migrations, Date.now()) : [];
  const guarded = guardConnection(raw, {
    epoch: await claim(raw, claimant),
    watch: path === null ? null : watchFiles(path),
    onLost: ({ message }, end) =>
      peer.postMessage({ lost: { message, end } } satisfies LostMessage, []),
  });
  if (!older) applied.push(...await migrate(guarded, migrations, Date.now()));
  return { connection: guarded, applied };
}

const handlers: RpcHandlers = {
  async open(request: OpenRequest): Promise<{ applied: string[] }> {
    const log = createLog({
      level: request.logLevel,
      now: Date.now,
      sink: (entry) => peer.postMessage({ log: entry } satisfies LogMessage, []),
    }).child("storage");
    let applied: string[];
    ({ connection, applied } = await openOwned(request));
    const engine = await createReadingsEngine({ connection, clock: systemClock(), log });
    Object.assign(handlers, readingsHandlers(engine));
    return { applied };
  },
  query: (statement: SqlStatement) => opened().query(statement),
  write: (statements: SqlStatement[]) => opened().write(statements),
  checkpoint: (truncate: boolean) => opened().checkpoint(truncate),
  async close() {
    await connection?.close();
    connection = null;
  },
};

serveRpc(peer, handlers);
