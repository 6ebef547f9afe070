import type { Database, SqlStatement } from "../../db/client.ts";
import { and, asc, build, createOrm, eq, ne, notInArray, or, statementOf } from "../../db/orm.ts";
import { sessions } from "../../db/schema/access.ts";
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

/**
 * What shows notices ends with the sign-in that it was made in, when somebody ends that: nobody hears of alarms in a
 * browser that they signed out of. One whose sign-in ran out goes on until then, or until that browser's next sign-in
 * is ended, or is another person's.
 */
export function pushEnds() {
  const { userId, sessionId, agent } = pushSubscriptions;
  return {
    one({ id, ...of }: { id: string; userId: string; agent: string }): SqlStatement[] {
      const live = build.select({ id: sessions.id }).from(sessions);
      const ranOut = and(
        eq(userId, of.userId),
        eq(agent, of.agent),
        notInArray(sessionId, live),
      );
      return [
        statementOf(build.delete(pushSubscriptions).where(or(eq(sessionId, id), ranOut))),
      ];
    },
    ofOthers: (mark: string, user: string): SqlStatement[] => [
      statementOf(
        build.delete(pushSubscriptions)
          .where(and(eq(pushSubscriptions.id, mark), ne(userId, user))),
      ),
    ],
    ofUser: (user: string, keep?: string): SqlStatement[] => [
      statementOf(
        build.delete(pushSubscriptions).where(
          and(eq(userId, user), keep === undefined ? undefined : ne(sessionId, keep)),
        ),
      ),
    ],
  };
}
