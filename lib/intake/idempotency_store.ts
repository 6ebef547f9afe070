import type { Database, SqlStatement } from "../db/client.ts";

/** An answer that was given under a key. */
export interface KeptAnswer {
  scope: string;
  key: string;
  requestHash: string;
  /** As JSON has it. */
  answer: unknown;
}

/** The answer kept under a key since `afterMs`; null when there is none. */
export async function findAnswer(
  db: Pick<Database, "query">,
  { scope, key }: Pick<KeptAnswer, "scope" | "key">,
  afterMs: number,
): Promise<Pick<KeptAnswer, "requestHash" | "answer"> | null> {
  const { rows: [row] } = await db.query({
    sql:
      "select request_hash, response from idempotency where scope = ? and key = ? and created_ms > ?",
    args: [scope, key, afterMs],
  });
  return row ? { requestHash: String(row[0]), answer: JSON.parse(String(row[1])) } : null;
}

export function putAnswer(kept: KeptAnswer, nowMs: number): SqlStatement {
  return {
    sql: "insert or replace into idempotency(scope, key, request_hash, response, created_ms) " +
      "values (?,?,?,?,?)",
    args: [kept.scope, kept.key, kept.requestHash, JSON.stringify(kept.answer), nowMs],
  };
}

/** Deletes answers up to this time. */
export function deleteAnswers(upToMs: number): SqlStatement {
  return { sql: "delete from idempotency where created_ms <= ?", args: [upToMs] };
}
