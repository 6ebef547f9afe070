import type { Database, SqlStatement } from "../db/client.ts";
import { build, createOrm, eq, sql, statementOf } from "../db/orm.ts";
import { aiUsage } from "../db/schema/ai.ts";

/** What a model cost on one day. */
export interface Usage {
  model: string;
  calls: number;
  tokens: number;
}

export interface UsageStore {
  of(day: string): Promise<Usage[]>;
  /** One call more. */
  add(day: string, model: string, tokens: number): SqlStatement;
}

export function createUsageStore(db: Pick<Database, "query">): UsageStore {
  return {
    of: (day) =>
      createOrm(db).select({ model: aiUsage.model, calls: aiUsage.calls, tokens: aiUsage.tokens })
        .from(aiUsage).where(eq(aiUsage.day, day)),
    add: (day, model, tokens) =>
      statementOf(
        build.insert(aiUsage).values({ day, model, calls: 1, tokens }).onConflictDoUpdate({
          target: [aiUsage.day, aiUsage.model],
          set: {
            calls: sql`${aiUsage.calls} + 1`,
            tokens: sql`${aiUsage.tokens} + ${tokens}`,
          },
        }),
      ),
  };
}
