import { ROLES } from "./identity.ts";
import type { Identity, Role } from "./identity.ts";

/** What an API key may be limited to. A key without scopes may do all that its role may. */
export const SCOPES = ["read", "ingest", "events", "operate", "manage", "command"] as const;
export type Scope = typeof SCOPES[number];

/** Same words as the route table uses. */
export type Policy =
  | "public"
  | Role
  | `person:${Role}`
  | `loopback-or:${Role}`
  | `device-or:${Role}`
  | `reporter-or:${Role}`
  | `command:${Role}`;

/** True when `role` is `least` or above. */
export function atLeast(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

/** The role that a policy asks of a person; null for `public`. */
export function roleOf(policy: Policy): Role | null {
  if (policy === "public") return null;
  return policy.slice(policy.indexOf(":") + 1) as Role;
}

/** The scope an API key needs: follows from what the route is, so that no route can forget it. */
export function scopeOf(policy: Policy, method: string): Scope {
  if (policy.startsWith("device-or:")) return "ingest";
  if (policy.startsWith("reporter-or:")) return "events";
  if (policy.startsWith("command:")) return "command";
  if (roleOf(policy) === "admin") return "manage";
  return method.toLowerCase() === "get" ? "read" : "operate";
}

export type Decision =
  | { allow: true }
  | { allow: false; reason: "unauthenticated" }
  | { allow: false; reason: "forbidden"; message: string };

const ALLOW: Decision = { allow: true };

/**
 * The one place that says who may use a route. Deny by default.
 * - nobody: only `public`, and `loopback-or:` from this host itself
 * - device keys: only `device-or:`
 * - API keys that are limited to the scope `events`, whatever their role: `reporter-or:` too
 * - API keys: role and, when the key is limited, scope; never `person:`; `command:` only when the key names
 *   the scope `command`: no key that was made for something else moves a machine
 */
export function decide(
  policy: Policy,
  method: string,
  who: Identity | null,
  loopback: boolean,
): Decision {
  const least = roleOf(policy);
  if (least === null) return ALLOW;
  if (loopback && policy.startsWith("loopback-or:")) return ALLOW;
  if (who === null) return { allow: false, reason: "unauthenticated" };
  if (who.kind === "device") {
    return policy.startsWith("device-or:")
      ? ALLOW
      : { allow: false, reason: "forbidden", message: "a device key may only send readings" };
  }
  if (who.kind === "key" && policy.startsWith("person:")) {
    return { allow: false, reason: "forbidden", message: "this is for people, not for keys" };
  }
  const reporter = who.kind === "key" && who.scopes?.includes("events") === true;
  if (policy.startsWith("reporter-or:") && reporter) return ALLOW;
  if (!atLeast(who.role, least)) {
    return {
      allow: false,
      reason: "forbidden",
      message: `this needs the role ${least}; yours is ${who.role}`,
    };
  }
  const scope = scopeOf(policy, method);
  if (who.kind === "key" && who.scopes === null && scope === "command") {
    const message = 'a key commands devices only when the scope "command" was given to it';
    return { allow: false, reason: "forbidden", message };
  }
  if (who.scopes !== null && !who.scopes.includes(scope)) {
    return {
      allow: false,
      reason: "forbidden",
      message: `this key is not allowed to "${scope}"`,
    };
  }
  return ALLOW;
}
