import { drizzle, type SqliteRemoteDatabase } from "drizzle-orm/sqlite-proxy";
import type { Database, SqlValue } from "./client.ts";

/**
 * drizzle over the database client. Use `batch` for what must be one transaction: `transaction` would
 * need a connection of its own and fails.
 */
export function createDrizzle(db: Database): SqliteRemoteDatabase {
  return drizzle(
    async (sql, params, method) => {
      const statement = { sql, args: params as SqlValue[] };
      const result = method === "run"
        ? (await db.write([statement]))[0]
        : await db.query(statement);
      return { rows: shaped(result.rows, method) };
    },
    async (queries) => {
      const results = await db.write(
        queries.map(({ sql, params }) => ({ sql, args: params as SqlValue[] })),
      );
      return results.map((result, i) => ({ rows: shaped(result.rows, queries[i].method) }));
    },
  );
}

// The proxy wants one bare row for `get`, and rows of arrays for everything else.
// deno-lint-ignore no-explicit-any
function shaped(rows: SqlValue[][], method: string): any[] {
  return method === "get" ? rows[0] : rows;
}
