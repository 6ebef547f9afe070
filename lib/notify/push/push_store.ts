import type { Database, SqlStatement } from "../../db/client.ts";
import { asc, build, createOrm, eq, statementOf } from "../../db/orm.ts";
import { type PushSubscriptionRow, pushSubscriptions } from "../../db/schema/pages.ts";

/** The table `push_subscriptions`. */
export interface PushStore {
  all(): Promise<PushSubscriptionRow[]>;
  of(userId: string): Promise<PushSubscriptionRow[]>;
  find(id: string): Promise<PushSubscriptionRow | null>;
  /** The same endpoint again is the same browser: it belongs to who subscribed last. */
  put(row: PushSubscriptionRow): SqlStatement[];
  remove(id: string): SqlStatement;
  used(id: string, nowMs: number): SqlStatement;
}

export function createPushStore(db: Pick<Database, "query">): PushStore {
  const orm = createOrm(db);
  const { id: key, userId, endpoint, createdMs } = pushSubscriptions;
  return {
    all: async () => await orm.select().from(pushSubscriptions).orderBy(asc(createdMs), asc(key)),
    of: async (user) =>
      await orm.select().from(pushSubscriptions).where(eq(userId, user))
        .orderBy(asc(createdMs), asc(key)),
    async find(id) {
      const [row] = await orm.select().from(pushSubscriptions).where(eq(key, id));
      return row ?? null;
    },
    put: (row) => [
      statementOf(build.delete(pushSubscriptions).where(eq(endpoint, row.endpoint))),
      statementOf(build.insert(pushSubscriptions).values(row)),
    ],
    remove: (id) => statementOf(build.delete(pushSubscriptions).where(eq(key, id))),
    used: (id, lastUsedMs) =>
      statementOf(build.update(pushSubscriptions).set({ lastUsedMs }).where(eq(key, id))),
  };
}
