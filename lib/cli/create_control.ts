import { type Actor, systemActor } from "../access/audit_row.ts";
import { ROLES } from "../access/identity.ts";
import type { Role } from "../access/identity.ts";
import type { User } from "../access/user_store.ts";
import { settingChange } from "../access/audit.ts";
import type { Parts } from "../app/parts.ts";
import { backupOf, jobOf } from "../backup/shapes.ts";
import { PerchError } from "../base/errors.ts";
import { quickCheck } from "../db/quick_check.ts";
import type { Control } from "./control.ts";
import { flowOf } from "./optimise/flow.ts";
import { noSetting } from "./no_setting.ts";

/** For all channels together. */
const GREET_MS = 20_000;

/** The commands on an opened Perch, whether it also serves or not. */
export function createControl(
  parts: Pick<
    Parts,
    | "access"
    | "backup"
    | "clock"
    | "hostView"
    | "intake"
    | "notify"
    | "replay"
    | "settings"
    | "sinceMs"
    | "storage"
  >,
): Control {
  const { access, settings } = parts;
  const { backups } = parts.backup;
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
    async replay(letters) {
      const outcomes = [];
      for (const letter of letters) outcomes.push(await parts.replay(letter));
      return outcomes;
    },
    async beginBackup() {
      const actor = systemActor("command line");
      const { job, ended } = await backups.begin("asked", actor.name);
      // The job says how it ended.
      ended.catch(() => {});
      const entry = { action: "backup.begin", resource: "backup", touches: [] };
      await access.audit.record({ actor, ...entry, after: { number: job.id } });
      return jobOf(job);
    },
    backupJob() {
      const job = backups.job();
      return Promise.resolve(job === null ? null : jobOf(job));
    },
    listBackups: async () => (await backups.list()).map(backupOf),
    cleanupBackups: async ({ keepDays }) => (await backups.cleanup(keepDays)).map(backupOf),
    flow: () => flowOf(parts),
    greetChannels: () => parts.notify.greet(AbortSignal.timeout(GREET_MS)),
    checkDatabase: () => quickCheck(parts.storage.db),
    hostReport: () => parts.hostView.report(),
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
