/**
 * DESIGN: a libSQL server may answer before its disk has the data (its default, `relaxed`, is SQLite's
 * `synchronous=NORMAL`), and a client cannot change that. So it is asked at the opening, and again inside every
 * transaction, whose first statement fails when it is not so: there is no moment, not even a restart of the server
 * between two commits, in which something is acknowledged that its disk may not have.
 */
import { PerchError } from "../base/errors.ts";
import type { SqlStatement } from "./client.ts";
import { FAIL, OVERFLOW } from "./fail.ts";

/** Least `PRAGMA synchronous` that keeps the promise: FULL. */
const FULL = 2;

/** The first statement of every transaction on a server: fails unless commits wait for its disk. */
export const WAITS_FOR_DISK: SqlStatement = {
  sql:
    `SELECT CASE WHEN (SELECT synchronous FROM pragma_synchronous) >= ${FULL} THEN 1 ELSE ${FAIL} END`,
  one: true,
};

/** What the server says of itself; null: it does not say. */
const ASKED: SqlStatement = { sql: "PRAGMA synchronous", one: true };

type Query = (statement: SqlStatement) => Promise<{ rows: unknown[][] }>;

/** Why nothing may be acknowledged with this server; null: its commits wait for its disk. */
export async function relaxed(query: Query, url: string): Promise<PerchError | null> {
  const { rows } = await query(ASKED);
  const level = rows[0]?.[0] ?? null;
  if (level !== null && Number(level) >= FULL) return null;
  return new PerchError(
    "storage_failed",
    `The libSQL server ${url} answers before its disk has the data (its PRAGMA synchronous is ` +
      `${
        level ?? "not known"
      }, Perch needs ${FULL}), so a power cut there could lose readings, and nothing is ` +
      "acknowledged: start it with --enable-namespaces, without which it forgets the setting at each restart, and " +
      'send {"block_reads":false,"block_writes":false,"durability_mode":"strong"} to ' +
      "/v1/namespaces/default/config of its admin address",
    { retryAfterS: 10 },
  );
}

/** After a transaction failed: the reason when it was `WAITS_FOR_DISK`, else null. */
export async function whyRelaxed(
  query: Query,
  url: string,
  error: unknown,
): Promise<PerchError | null> {
  if (!(error instanceof Error) || !OVERFLOW.test(error.message)) return null;
  return await relaxed(query, url);
}
