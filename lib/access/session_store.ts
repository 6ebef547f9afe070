import type { Database, SqlStatement } from "../db/client.ts";
import {
  and,
  asc,
  build,
  createOrm,
  eq,
  inArray,
  isNull,
  lte,
  ne,
  prepared,
  sql,
  statementOf,
} from "../db/orm.ts";
import { refreshTokens, sessions } from "../db/schema/access.ts";

/** A sign-in: of a browser (cookie) or of a program (family of refresh tokens). */
export type Session = Omit<typeof sessions.$inferSelect, "hash">;

export type RefreshRow = Omit<typeof refreshTokens.$inferSelect, "hash">;

/** Statements and reads of the tables `sessions` and `refresh_tokens`. */
export interface SessionStore {
  all(): Promise<(Session & { hash: string | null })[]>;
  insert(session: Session, hash: string | null): SqlStatement;
  used(id: string, nowMs: number): SqlStatement;
  remove(id: string): SqlStatement[];
  /** Of a person; all but `keep`. */
  removeOfUser(userId: string, keep?: string): SqlStatement[];
  removeExpired(nowMs: number): SqlStatement[];
  refreshToken(hash: string): Promise<RefreshRow | null>;
  insertRefresh(hash: string, sessionId: string, nowMs: number): SqlStatement;
  replaceRefresh(hash: string, nowMs: number): SqlStatement;
}

const used = prepared<{ id: string; nowMs: number }>(
  build.update(sessions).set({ lastUsedMs: sql`${sql.placeholder("nowMs")}` })
    .where(eq(sessions.id, sql.placeholder("id"))),
);

export function createSessionStore(db: Database): SessionStore {
  const orm = createOrm(db);
  return {
    all: () => orm.select().from(sessions).orderBy(asc(sessions.createdMs), asc(sessions.id)),
    insert: (session, hash) => statementOf(build.insert(sessions).values({ ...session, hash })),
    used: (id, nowMs) => used({ id, nowMs }),
    remove: (id) => [
      statementOf(build.delete(refreshTokens).where(eq(refreshTokens.sessionId, id))),
      statementOf(build.delete(sessions).where(eq(sessions.id, id))),
    ],
    removeOfUser(userId, keep) {
      const ended = and(
        eq(sessions.userId, userId),
        keep === undefined ? undefined : ne(sessions.id, keep),
      );
      const ids = build.select({ id: sessions.id }).from(sessions).where(ended);
      return [
        statementOf(build.delete(refreshTokens).where(inArray(refreshTokens.sessionId, ids))),
        statementOf(build.delete(sessions).where(ended)),
      ];
    },
    removeExpired(nowMs) {
      const expired = lte(sessions.expiresMs, nowMs);
      const ids = build.select({ id: sessions.id }).from(sessions).where(expired);
      return [
        statementOf(build.delete(refreshTokens).where(inArray(refreshTokens.sessionId, ids))),
        statementOf(build.delete(sessions).where(expired)),
      ];
    },
    async refreshToken(hash) {
      const [token] = await orm.select().from(refreshTokens).where(eq(refreshTokens.hash, hash));
      return token ?? null;
    },
    insertRefresh: (hash, sessionId, nowMs) =>
      statementOf(
        build.insert(refreshTokens).values({ hash, sessionId, createdMs: nowMs })
          .onConflictDoNothing(),
      ),
    replaceRefresh: (hash, nowMs) =>
      statementOf(
        build.update(refreshTokens).set({ replacedMs: nowMs })
          .where(and(eq(refreshTokens.hash, hash), isNull(refreshTokens.replacedMs))),
      ),
  };
}
