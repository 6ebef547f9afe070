/** People, keys, sessions and the audit log as API and command line show them. */
import { z } from "zod";
import { formerly, msField, oldMs } from "../base/wire.ts";
import type { AuditRow } from "./audit_row.ts";
import { ROLES } from "./identity.ts";
import type { AccessKey } from "./key_store.ts";
import { SCOPES } from "./policy.ts";
import type { Session } from "./session_store.ts";
import type { User } from "./user_store.ts";

export const personShape = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  state: z.enum(["invited", "active", "disabled", "deleted"]),
  second_factor: z.boolean(),
  created_ms: msField,
  last_sign_in_ms: msField.nullable(),
  created: oldMs("created_ms"),
  last_sign_in: formerly(z.number().nullable(), "last_sign_in_ms"),
}).meta({ id: "Person" });

export function personOf(user: User): z.output<typeof personShape> {
  const { id, email, name, role, state, totp, createdMs, lastSignInMs } = user;
  return {
    id,
    email,
    name,
    role,
    state,
    second_factor: totp,
    created_ms: createdMs,
    last_sign_in_ms: lastSignInMs,
    created: createdMs,
    last_sign_in: lastSignInMs,
  };
}

export const keyShape = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(["api", "device"]),
  hint: z.string().describe("first characters of the key"),
  role: z.enum(ROLES),
  scopes: z.array(z.enum(SCOPES)).nullable(),
  machine: z.string().nullable(),
  created_ms: msField,
  created_by: z.string(),
  expires_ms: msField.nullable(),
  last_used_ms: msField.nullable(),
  created: oldMs("created_ms"),
  expires: formerly(z.number().nullable(), "expires_ms"),
  last_used: formerly(z.number().nullable(), "last_used_ms"),
}).meta({ id: "Key" });

export function keyOf(key: AccessKey): z.output<typeof keyShape> {
  const { id, name, kind, hint, role, scopes, machine } = key;
  return {
    id,
    name,
    kind,
    hint,
    role,
    scopes,
    machine,
    created_ms: key.createdMs,
    created_by: key.createdBy,
    expires_ms: key.expiresMs,
    last_used_ms: key.lastUsedMs,
    created: key.createdMs,
    expires: key.expiresMs,
    last_used: key.lastUsedMs,
  };
}

export const sessionShape = z.object({
  id: z.string(),
  kind: z.enum(["browser", "api"]),
  created_ms: msField,
  last_used_ms: msField,
  expires_ms: msField,
  address: z.string(),
  agent: z.string(),
  current: z.boolean().describe("the one that asks"),
  created: oldMs("created_ms"),
  last_used: oldMs("last_used_ms"),
  expires: oldMs("expires_ms"),
}).meta({ id: "Session" });

export function sessionOf(
  session: Session,
  current: string | undefined,
): z.output<typeof sessionShape> {
  const { id, kind, createdMs, lastUsedMs, expiresMs, address, agent } = session;
  return {
    id,
    kind,
    created_ms: createdMs,
    last_used_ms: lastUsedMs,
    expires_ms: expiresMs,
    address,
    agent,
    current: id === current,
    created: createdMs,
    last_used: lastUsedMs,
    expires: expiresMs,
  };
}

export const auditEntryShape = z.object({
  id: z.number(),
  at_ms: msField,
  actor: z.object({ kind: z.string(), id: z.string().nullable(), name: z.string() }),
  action: z.string(),
  resource: z.string(),
  before: z.unknown(),
  after: z.unknown(),
  address: z.string().nullable(),
  agent: z.string().nullable(),
  ts: oldMs("at_ms"),
}).meta({ id: "AuditEntry" });

export function auditEntryOf(row: AuditRow): z.output<typeof auditEntryShape> {
  return { ...row, at_ms: row.ts };
}
