import { ROLES } from "../access/identity.ts";
import type { Role } from "../access/identity.ts";
import { systemActor } from "../access/audit.ts";
import type { Parts } from "../app.ts";
import { PerchError } from "../base/errors.ts";
import { quickCheck } from "../db/quick_check.ts";
import type { Control } from "./control.ts";

/** The commands on an opened Perch, whether it also serves or not. */
export function createControl(parts: Pick<Parts, "access" | "replay" | "storage">): Control {
  const actor = systemActor("command line");
  return {
    async addUser({ email, role, password }) {
      const user = await parts.access.users.add(
        { email, role: roleOf(role), password },
        actor,
      );
      return { id: user.id, email: user.email, role: user.role };
    },
    async resetUser({ email, password }) {
      const { users, secondFactor } = parts.access;
      const user = users.byEmail(email);
      if (!user) {
        const message = `Nobody has an account as ${email}.`;
        throw new PerchError("not_found", message, { errors: [{ path: "email", message }] });
      }
      await users.setPassword(user.id, password, actor);
      if (user.totp) await secondFactor.remove(user, actor);
      return { id: user.id, email: user.email, role: user.role };
    },
    async addKey({ name, role, machine }) {
      const { key, entry } = await parts.access.keys.add(
        { name, role: roleOf(role), machine },
        actor,
      );
      return { id: entry.id, name: entry.name, role: entry.role, key };
    },
    async replay(letters) {
      const outcomes = [];
      for (const letter of letters) outcomes.push(await parts.replay(letter));
      return outcomes;
    },
    checkDatabase: () => quickCheck(parts.storage.db),
  };
}

function roleOf(role: string): Role {
  const found = ROLES.find((one) => one === role);
  if (found !== undefined) return found;
  const message = `The role is "${role}": give ${ROLES.join(", ")}.`;
  throw new PerchError("validation", message, { errors: [{ path: "role", message }] });
}
