import type { Database, SqlStatement } from "../db/client.ts";
import { HOUR_MS } from "../words/times.ts";
import { rowsOf, text, whole } from "./rows.ts";

/** How long a link of each kind holds. */
export const LIFE_MS = { invite: 72 * HOUR_MS, reset: 2 * HOUR_MS } as const;
export type LinkKind = keyof typeof LIFE_MS;

export interface StoredLink {
  kind: LinkKind;
  userId: string;
  expiresMs: number;
}

/** Statements and reads of the table `one_use_links`. */
export interface LinkStore {
  find(hash: string): Promise<StoredLink | null>;
  insert(hash: string, link: StoredLink, nowMs: number): SqlStatement;
  removeOf(userId: string): SqlStatement;
  removeExpired(nowMs: number): SqlStatement;
}

export function createLinkStore(db: Database): LinkStore {
  return {
    async find(hash) {
      const [row] = rowsOf(
        await db.query({
          sql: "select kind, user_id, expires_ms from one_use_links where hash = ?",
          args: [hash],
        }),
      );
      return row
        ? {
          kind: text(row.kind) as LinkKind,
          userId: text(row.user_id),
          expiresMs: whole(row.expires_ms),
        }
        : null;
    },
    insert: (hash, { kind, userId, expiresMs }, nowMs) => ({
      sql:
        "insert into one_use_links (hash, kind, user_id, created_ms, expires_ms) values (?,?,?,?,?)",
      args: [hash, kind, userId, nowMs, expiresMs],
    }),
    removeExpired: (nowMs) => ({
      sql: "delete from one_use_links where expires_ms <= ?",
      args: [nowMs],
    }),
    removeOf: (userId) => ({ sql: "delete from one_use_links where user_id = ?", args: [userId] }),
  };
}
