/**
 * The database worker: owns the one connection and everything that runs beside it. It is started by
 * `openStorage` and answers its messages; nothing here runs on the main thread.
 */
import { systemClock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import { createLog, type LogEntry, type LogLevel } from "../base/log.ts";
import { type Connection, loadDriver } from "../db/connection.ts";
import type { SqlStatement } from "../db/client.ts";
import { letGo } from "../db/let_go.ts";
import { probeWrite } from "../db/quick_check.ts";
import { type MessagePeer, type RpcHandlers, serveRpc } from "../db/rpc.ts";
import { readingsHandlers } from "../readings/client.ts";
import { createReadingsEngine } from "../readings/engine.ts";
import { createLastCommit, createWorkerPulse } from "./storage_pulse.ts";
import { type LookedAt, lookOwned, own, type OwnedRequest } from "./open_owned.ts";

/** What the worker is to open. */
export interface OpenRequest extends OwnedRequest {
  logLevel: LogLevel;
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

const lastCommit = createLastCommit();

const pulse = createWorkerPulse({
  probe: () => probeWrite(opened(), Date.now()),
  committedMs: lastCommit.atMs,
});

const handlers: RpcHandlers = {
  /** While the main thread is still loading Perch: the driver of this database is the first thing `look` needs. */
  load: (url: string) => loadDriver(url),
  /** Opens and checks; until `open` only queries are possible. */
  async look(request: OpenRequest): Promise<Omit<LookedAt, "raw">> {
    const { raw, ...found } = await lookOwned(request);
    connection = raw;
    return found;
  },
  async open(request: OpenRequest): Promise<{ applied: string[] }> {
    const log = createLog({
      level: request.logLevel,
      now: Date.now,
      sink: (entry) => peer.postMessage({ log: entry } satisfies LogMessage, []),
    }).child("storage");
    let applied: string[];
    ({ connection, applied } = await own(
      request,
      opened(),
      ({ message }, end) => peer.postMessage({ lost: { message, end } } satisfies LostMessage, []),
    ));
    connection = lastCommit.around(connection);
    const engine = await createReadingsEngine({ connection, clock: systemClock(), log });
    Object.assign(handlers, readingsHandlers(engine));
    return { applied };
  },
  query: (statement: SqlStatement) => opened().query(statement),
  write: (statements: SqlStatement[]) => opened().write(statements),
  checkpoint: (truncate: boolean) => opened().checkpoint(truncate),
  pulse: pulse.pulse,
  async close() {
    pulse.stop();
    await connection?.close();
    connection = null;
    await letGo();
  },
};

serveRpc(peer, handlers);
