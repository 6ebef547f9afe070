import { actorOf, type Audit } from "../../lib/access/audit.ts";
import type { Actor } from "../../lib/access/audit_row.ts";
import type { Users } from "../../lib/access/users.ts";
import type { User } from "../../lib/access/user_store.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Audited } from "../../lib/events/audit_change.ts";
import type { RouteContext } from "./route.ts";

/** The caller as the audit log names them. */
export function caller(context: RouteContext): Actor {
  const { who, address, c, seen } = context;
  return { ...actorOf(who, address, c.req.header("user-agent")), seen };
}

/** Changes of a request are recorded in the audit log under its caller. */
export function auditedBy(audit: Pick<Audit, "statement">, context: RouteContext): Audited {
  const actor = caller(context);
  return (change) => audit.statement({ actor, ...change });
}

/** The caller as alarms and tickets know them: a name, and the row of the audit log. */
export function byOf(
  audit: Pick<Audit, "statement">,
  context: RouteContext,
): { name: string; audited: Audited } {
  return { name: caller(context).name, audited: auditedBy(audit, context) };
}

/** The person who calls. @throws PerchError `forbidden` for keys: they have no profile. */
export function me(context: RouteContext, users: Users): User {
  const user = context.who?.kind === "user" ? users.find(context.who.id) : undefined;
  if (!user) throw new PerchError("forbidden", "this is for people who signed in, not for keys");
  return user;
}
