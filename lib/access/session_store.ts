import type { Database, SqlStatement } from "../db/client.ts";
import { rowsOf, text, textOrNull, whole, wholeOrNull } from "./rows.ts";

/** A sign-in: of a browser (cookie) or of a program (family of refresh tokens). */
export interface Session {
  id: string;
  userId: string;
  kind: "browser" | "api";
  createdMs: number;
  lastUsedMs: number;
  /** Ends at this time at the latest. */
  expiresMs: number;
  address: string;
  agent: string;
}

export interface RefreshRow {
  sessionId: string;
  createdMs: number;
  replacedMs: number | null;
}

/** Statements and reads of the tables `sessions` and `refresh_tokens`. */
export interface SessionStore {
  all(): Promise<(Session & { hash: string | null })[]>;
  insert(session: Session, hash: string | null): SqlStatement;
  used(id: string, nowMs: number): SqlStatement;
  remove(id: string): SqlStatement[];
  removeExpired(nowMs: number): SqlStatement[];
  refreshToken(hash: string): Promise<RefreshRow | null>;
  insertRefresh(hash: string, sessionId: string, nowMs: number): SqlStatement;
  replaceRefresh(hash: string, nowMs: number): SqlStatement;
}

export function createSessionStore(db: Database): SessionStore {
  return {
    async all() {
      const result = await db.query({ sql: "select * from sessions order by created_ms, id" });
      return rowsOf(result).map((row) => ({
        id: text(row.id),
        userId: text(row.user_id),
        kind: text(row.kind) as Session["kind"],
        hash: textOrNull(row.hash),
        createdMs: whole(row.created_ms),
        lastUsedMs: whole(row.last_used_ms),
        expiresMs: whole(row.expires_ms),
        address: text(row.address),
        agent: text(row.agent),
      }));
    },
    insert: (session, hash) => ({
      sql:
        "insert into sessions (id, user_id, kind, hash, created_ms, last_used_ms, expires_ms, address, agent) values (?,?,?,?,?,?,?,?,?)",
      args: [
        session.id,
        session.userId,
        session.kind,
        hash,
        session.createdMs,
        session.lastUsedMs,
        session.expiresMs,
        session.address,
        session.agent,
      ],
    }),
    used: (id, nowMs) => ({
      sql: "update sessions set last_used_ms = ? where id = ?",
      args: [nowMs, id],
    }),
    remove: (id) => [
      { sql: "delete from refresh_tokens where session_id = ?", args: [id] },
      { sql: "delete from sessions where id = ?", args: [id] },
    ],
    removeExpired: (nowMs) => [
      {
        sql:
          "delete from refresh_tokens where session_id in (select id from sessions where expires_ms <= ?)",
        args: [nowMs],
      },
      { sql: "delete from sessions where expires_ms <= ?", args: [nowMs] },
    ],
    async refreshToken(hash) {
      const [row] = rowsOf(
        await db.query({
          sql: "select session_id, created_ms, replaced_ms from refresh_tokens where hash = ?",
          args: [hash],
        }),
      );
      return row
        ? {
          sessionId: text(row.session_id),
          createdMs: whole(row.created_ms),
          replacedMs: wholeOrNull(row.replaced_ms),
        }
        : null;
    },
    insertRefresh: (hash, sessionId, nowMs) => ({
      sql:
        "insert or ignore into refresh_tokens (hash, session_id, created_ms, replaced_ms) values (?,?,?,null)",
      args: [hash, sessionId, nowMs],
    }),
    replaceRefresh: (hash, nowMs) => ({
      sql: "update refresh_tokens set replaced_ms = ? where hash = ? and replaced_ms is null",
      args: [nowMs, hash],
    }),
  };
}
