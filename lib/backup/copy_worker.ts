/** Opens a database that no Perch has open: one from an archive, or a copy of the live one. Started by `copy.ts`. */
import { PerchError } from "../base/errors.ts";
import type { SqlStatement } from "../db/client.ts";
import { type Connection, openConnection } from "../db/connection.ts";
import { letGo } from "../db/let_go.ts";
import { tablesOf, unreadableIn } from "../db/unreadable.ts";
import { type MessagePeer, serveRpc } from "../db/rpc.ts";

let connection: Connection | null = null;

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
  query: (statement: SqlStatement) => opened().query(statement),
  write: (statements: SqlStatement[]) => opened().write(statements),
  async close() {
    await connection?.close();
    connection = null;
    await letGo();
  },
});
