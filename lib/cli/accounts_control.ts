import type { Access } from "../access/access.ts";
import { settingChange } from "../access/audit.ts";
import { type Actor, systemActor } from "../access/audit_row.ts";
import { type Role, ROLES } from "../access/identity.ts";
import type { User } from "../access/user_store.ts";
import { PerchError } from "../base/errors.ts";
import type { Settings } from "../settings/settings.ts";
import type { AccountsControl } from "./control.ts";
import { noSetting } from "./no_setting.ts";

/** The commands on accounts, keys and settings. */
export function createAccountsControl(
  { access, settings }: { access: Access; settings: Settings },
): AccountsControl {
  const { changes } = access.audit;

  /** A change by whoever is at the command line: who was faster is named, as in a browser. */
  async function acting<T>(run: (actor: Actor) => Promise<T>): Promise<T> {
    const seen = changes.see();
    try {
      return await run({ ...systemActor("command line"), seen });
    } catch (error) {
      throw await changes.explained(error, seen);
    }
  }

  function userOf(email: string): User {
    const user = access.users.byEmail(email);
    if (user) return user;
    throw missing("email", `Nobody has an account as ${email}.`);
  }

  return {
    addUser: ({ email, role, password }) =>
      acting(async (actor) => {
        const user = await access.users.add({ email, role: roleOf(role), password }, actor);
        return { id: user.id, email: user.email, role: user.role };
      }),
    resetUser: ({ email, password }) =>
      acting(async (actor) => {
        const user = userOf(email);
        await access.users.setPassword(user.id, password, actor);
        if (user.totp) await access.secondFactor.remove(user, actor);
        return { id: user.id, email: user.email, role: user.role };
      }),
    listUsers: () => Promise.resolve(access.users.list()),
    changeUser: ({ email, state }) =>
      acting(async (actor) => {
        const user = await access.users.change(userOf(email).id, { state }, actor);
        return { id: user.id, email, role: user.role };
      }),
    addKey: ({ role, ...wanted }) =>
      acting(async (actor) => {
        const { key, entry } = await access.keys.add(
          { ...wanted, role: role === undefined ? undefined : roleOf(role) },
          actor,
        );
        return { id: entry.id, name: entry.name, role: entry.role, key };
      }),
    listKeys: () => Promise.resolve(access.keys.list()),
    removeKey: ({ nameOrId }) =>
      acting(async (actor) => {
        const all = access.keys.list();
        const key = all.find((one) => one.id === nameOrId) ??
          all.find((one) => one.name === nameOrId);
        if (!key) throw missing("key", `There is no key "${nameOrId}": perch key list names them.`);
        await access.keys.remove(key.id, actor);
        return key;
      }),
    listSettings: () => Promise.resolve(settings.list(() => true)),
    setSetting: ({ key, value }) =>
      acting((actor) => {
        if (!settings.list(() => true).some((one) => one.key === key)) throw noSetting(key);
        return settings.set(key, value, actor.name, settingChange(access.audit, actor, key));
      }),
  };
}

function missing(path: string, message: string): PerchError {
  return new PerchError("not_found", message, { errors: [{ path, message }] });
}

function roleOf(role: string): Role {
  const found = ROLES.find((one) => one === role);
  if (found !== undefined) return found;
  const message = `The role is "${role}": give ${ROLES.join(", ")}.`;
  throw new PerchError("validation", message, { errors: [{ path: "role", message }] });
}
