import type { Database, SqlStatement } from "../db/client.ts";
import type { Role } from "./identity.ts";
import type { Scope } from "./policy.ts";
import { rowsOf, text, textOrNull, whole, wholeOrNull } from "./rows.ts";

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

export function createKeyStore(db: Database): KeyStore {
  return {
    async all() {
      const result = await db.query({ sql: "select * from access_keys order by created_ms, id" });
      return rowsOf(result).map((row) => ({
        id: text(row.id),
        name: text(row.name),
        kind: text(row.kind) as AccessKey["kind"],
        hash: text(row.hash),
        hint: text(row.hint),
        role: text(row.role) as Role,
        scopes: row.scopes === null ? null : JSON.parse(text(row.scopes)) as Scope[],
        machine: textOrNull(row.machine),
        createdMs: whole(row.created_ms),
        createdBy: text(row.created_by),
        expiresMs: wholeOrNull(row.expires_ms),
        lastUsedMs: wholeOrNull(row.last_used_ms),
      }));
    },
    insert: (key, hash) => ({
      sql:
        "insert into access_keys (id, name, kind, hash, hint, role, scopes, machine, created_ms, created_by, expires_ms) values (?,?,?,?,?,?,?,?,?,?,?)",
      args: [
        key.id,
        key.name,
        key.kind,
        hash,
        key.hint,
        key.role,
        key.scopes === null ? null : JSON.stringify(key.scopes),
        key.machine,
        key.createdMs,
        key.createdBy,
        key.expiresMs,
      ],
    }),
    remove: (id) => ({ sql: "delete from access_keys where id = ?", args: [id] }),
    used: (id, nowMs) => ({
      sql: "update access_keys set last_used_ms = ? where id = ?",
      args: [nowMs, id],
    }),
  };
}
