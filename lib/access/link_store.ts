import type { Database, SqlStatement } from "../db/client.ts";
import { build, createOrm, eq, getTableColumns, lte, statementOf } from "../db/orm.ts";
import { oneUseLinks } from "../db/schema/access.ts";
import { HOUR_MS } from "../words/times.ts";

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

const { kind, userId, expiresMs } = getTableColumns(oneUseLinks);

export function createLinkStore(db: Database): LinkStore {
  const orm = createOrm(db);
  return {
    async find(hash) {
      const [link] = await orm.select({ kind, userId, expiresMs }).from(oneUseLinks)
        .where(eq(oneUseLinks.hash, hash));
      return link ?? null;
    },
    insert: (hash, link, nowMs) =>
      statementOf(build.insert(oneUseLinks).values({ ...link, hash, createdMs: nowMs })),
    removeExpired: (nowMs) => statementOf(build.delete(oneUseLinks).where(lte(expiresMs, nowMs))),
    removeOf: (id) => statementOf(build.delete(oneUseLinks).where(eq(userId, id))),
  };
}
