/** Opens a database that no Perch has open: one from an archive, or a copy of the live one. Started by `copy.ts`. */
import { PerchError } from "../base/errors.ts";
import { systemClock } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import type { SqlStatement } from "../db/client.ts";
import { type Connection, openConnection } from "../db/connection.ts";
import { letGo } from "../db/let_go.ts";
import { migrate, type Migration, readApplied } from "../db/migrate.ts";
import { tablesOf, unreadableIn } from "../db/unreadable.ts";
import { type MessagePeer, serveRpc } from "../db/rpc.ts";
import { createReadingsEngine } from "../readings/engine.ts";
import type { RawQuery, ReadingsStore } from "../readings/store.ts";

let connection: Connection | null = null;
let readings: ReadingsStore | null = null;

function opened(): Connection {
  if (connection === null) throw new PerchError("storage_failed", "the copy is not open");
  return connection;
}

serveRpc(globalThis as unknown as MessagePeer, {
  async open(path: string) {
    connection = await openConnection({ url: `file:${path}` });
  },
  async unreadable(tables: string[]) {
    for (const table of await tablesOf(opened())) {
      if (!tables.includes(table.name)) continue;
      const problem = await unreadableIn(opened(), table);
      if (problem !== null) return problem;
    }
    return null;
  },
  async openReadings(migrations: Migration[]) {
    const isNewer = await readApplied(opened(), migrations).then(() => false, () => true);
    if (!isNewer) await migrate(opened(), migrations, Date.now());
    const deps = { connection: opened(), clock: systemClock(), log: silentLog() };
    readings = await createReadingsEngine(deps);
    return isNewer;
  },
  raw(query: RawQuery) {
    if (readings === null) throw new PerchError("storage_failed", "the readings are not open");
    return readings.raw(query);
  },
  query: (statement: SqlStatement) => opened().query(statement),
  write: (statements: SqlStatement[]) => opened().write(statements),
  async close() {
    await connection?.close();
    connection = readings = null;
    await letGo();
  },
});
