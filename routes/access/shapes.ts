import { z } from "zod";
import { ROLES } from "../../lib/access/identity.ts";
import type { AccessKey } from "../../lib/access/key_store.ts";
import { SCOPES } from "../../lib/access/policy.ts";
import type { Session } from "../../lib/access/session_store.ts";
import type { User } from "../../lib/access/user_store.ts";

export const userShape = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  state: z.enum(["invited", "active", "disabled", "deleted"]),
  second_factor: z.boolean(),
  created: z.number().describe("epoch ms"),
  last_sign_in: z.number().nullable(),
});

export function userJson(user: User): z.output<typeof userShape> {
  const { id, email, name, role, state, totp, createdMs, lastSignInMs } = user;
  return {
    id,
    email,
    name,
    role,
    state,
    second_factor: totp,
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
  created: z.number(),
  created_by: z.string(),
  expires: z.number().nullable(),
  last_used: z.number().nullable(),
});

export function keyJson(key: AccessKey): z.output<typeof keyShape> {
  const { id, name, kind, hint, role, scopes, machine } = key;
  return {
    id,
    name,
    kind,
    hint,
    role,
    scopes,
    machine,
    created: key.createdMs,
    created_by: key.createdBy,
    expires: key.expiresMs,
    last_used: key.lastUsedMs,
  };
}

export const sessionShape = z.object({
  id: z.string(),
  kind: z.enum(["browser", "api"]),
  created: z.number(),
  last_used: z.number(),
  expires: z.number(),
  address: z.string(),
  agent: z.string(),
  current: z.boolean(),
});

export function sessionJson(
  session: Session,
  current: string | undefined,
): z.output<typeof sessionShape> {
  const { id, kind, createdMs, lastUsedMs, expiresMs, address, agent } = session;
  return {
    id,
    kind,
    created: createdMs,
    last_used: lastUsedMs,
    expires: expiresMs,
    address,
    agent,
    current: id === current,
  };
}
