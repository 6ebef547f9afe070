/** As a process: runs statements; prints how many bytes of each stay, the first ones left aside. */
import { createClient } from "@libsql/client/sqlite3";
import { openConnection } from "../../lib/db/connection.ts";
import type { SqlStatement } from "../../lib/db/client.ts";
import { sabotaged } from "../support/sabotage.ts";

const [first, all] = [10_000, 70_000];
const { gc } = globalThis as unknown as { gc: () => void };
const ONE = { sql: "SELECT a, b FROM t WHERE a = ?", args: [1], one: true };
const NONE = { sql: "SELECT a, b FROM t WHERE a > ? ORDER BY a", args: [9] };
const CHANGE = { sql: "UPDATE t SET b = ? WHERE a = ?", args: ["x", 1] };
const STATEMENTS = 4;

const folder = await Deno.makeTempDir({ prefix: "perch-statements-" });
const connection = await openConnection({ url: `file:${folder}/perch.db`, synchronous: "off" });
await connection.write([
  { sql: "CREATE TABLE t (a INTEGER PRIMARY KEY, b)" },
  { sql: "INSERT INTO t VALUES (1, 'a'), (2, 'b')" },
]);
const client = sabotaged("statement_memory")
  ? createClient({ url: `file:${folder}/perch.db`, concurrency: 1 })
  : null;
const query = (statement: SqlStatement) =>
  client
    ? client.execute(statement as { sql: string; args: number[] })
    : connection.query(statement);

function memoryBytes(): number {
  gc();
  return Number(/RssAnon:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))![1]) * 1024;
}

let beforeBytes = 0;
for (let i = 0; i < all; i++) {
  if (i === first) beforeBytes = memoryBytes();
  await connection.write([CHANGE, CHANGE]);
  await query(ONE);
  await query(NONE);
  // Garbage does not count.
  if (i % 1_000 !== 0) continue;
  gc();
  await new Promise((resolve) => setTimeout(resolve, 0));
}
console.log((memoryBytes() - beforeBytes) / ((all - first) * STATEMENTS));
await Deno.remove(folder, { recursive: true });
Deno.exit(0);
