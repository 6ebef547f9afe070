import type { Database, SqlStatement } from "../db/client.ts";
import { asc, build, createOrm, eq, prepared, sql, statementOf } from "../db/orm.ts";
import { accessKeys } from "../db/schema/access.ts";
import type { Role } from "./identity.ts";
import type { Scope } from "./policy.ts";

/** A key as lists show it: never the key itself. */
export interface AccessKey {
  id: string;
  name: string;
  kind: "api" | "device";
  /** Its first characters. */
  hint: string;
  role: Role;
  /** Null = all that the role may. */
  scopes: Scope[] | null;
  /** Machine path a device key is limited to. */
  machine: string | null;
  createdMs: number;
  createdBy: string;
  expiresMs: number | null;
  lastUsedMs: number | null;
}

/** Statements and reads of the table `access_keys`. */
export interface KeyStore {
  all(): Promise<(AccessKey & { hash: string })[]>;
  insert(key: AccessKey, hash: string): SqlStatement;
  remove(id: string): SqlStatement;
  used(id: string, nowMs: number): SqlStatement;
}

const used = prepared<{ id: string; nowMs: number }>(
  build.update(accessKeys).set({ lastUsedMs: sql`${sql.placeholder("nowMs")}` })
    .where(eq(accessKeys.id, sql.placeholder("id"))),
);

export function createKeyStore(db: Database): KeyStore {
  const orm = createOrm(db);
  return {
    all: async () =>
      await orm.select().from(accessKeys)
        .orderBy(asc(accessKeys.createdMs), asc(accessKeys.id)) as (AccessKey & { hash: string })[],
    insert: (key, hash) =>
      statementOf(build.insert(accessKeys).values({ ...key, hash, lastUsedMs: null })),
    remove: (id) => statementOf(build.delete(accessKeys).where(eq(accessKeys.id, id))),
    used: (id, nowMs) => used({ id, nowMs }),
  };
}
