import type { Database, SqlStatement } from "../db/client.ts";
import {
  and,
  build,
  createOrm,
  eq,
  excluded,
  gt,
  lte,
  onFirstUse,
  placeholders,
  prepared,
  sql,
  statementOf,
} from "../db/orm.ts";
import { idempotency } from "../db/schema/intake.ts";

/** An answer that was given under a key. */
export interface KeptAnswer {
  scope: string;
  key: string;
  requestHash: string;
  /** As JSON has it. */
  answer: unknown;
}

/** Gives the answer kept under a key since `afterMs`; null when there is none. */
export type FindAnswer = (
  request: Pick<KeptAnswer, "scope" | "key">,
  afterMs: number,
) => Promise<Pick<KeptAnswer, "requestHash" | "answer"> | null>;

export function answersOf(db: Pick<Database, "query">): FindAnswer {
  const find = onFirstUse(() =>
    createOrm(db).select().from(idempotency).where(and(
      eq(idempotency.scope, sql.placeholder("scope")),
      eq(idempotency.key, sql.placeholder("key")),
      gt(idempotency.createdMs, sql.placeholder("afterMs")),
    )).prepare()
  );
  return async ({ scope, key }, afterMs) => {
    const row = await find().get({ scope, key, afterMs });
    return row ? { requestHash: row.requestHash, answer: JSON.parse(row.response) } : null;
  };
}

const put = prepared<typeof idempotency.$inferSelect>(
  build.insert(idempotency).values(placeholders(idempotency)).onConflictDoUpdate({
    target: [idempotency.scope, idempotency.key],
    set: excluded(idempotency, ["requestHash", "response", "createdMs"]),
  }),
);

export function putAnswer({ answer, ...kept }: KeptAnswer, nowMs: number): SqlStatement {
  return put({ ...kept, response: JSON.stringify(answer), createdMs: nowMs });
}

/** Deletes answers up to this time. */
export function deleteAnswers(upToMs: number): SqlStatement {
  return statementOf(build.delete(idempotency).where(lte(idempotency.createdMs, upToMs)));
}
