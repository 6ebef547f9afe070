import { join } from "node:path";
import type { Access } from "../access/access.ts";
import { readKeyFile } from "../access/key_file.ts";
import { writeSecretFile } from "../access/secret_file.ts";
import { randomSecret } from "../access/secrets.ts";
import { atLeast } from "../access/policy.ts";
import { PerchError } from "../base/errors.ts";
import { type Outgoing, OutgoingError } from "../base/outgoing.ts";
import { isPrivate } from "../events/event.ts";
import {
  createPushBrowsers,
  type PushBrowserDeps,
  type PushBrowsers,
} from "../notify/push/browsers.ts";
import type { Vapid } from "../notify/push/vapid.ts";
import type { Foundation } from "./foundation.ts";

interface PushNeeds {
  outgoing: Outgoing;
  person: PushBrowserDeps["person"];
}

/**
 * The browsers that get notices. The key of this Perch stands in `push.key` (0600), made when a browser first asks
 * for it; it is in no backup: after a restore elsewhere browsers subscribe anew.
 */
export function createPush(
  { config, clock, storage }: Foundation,
  { outgoing, person }: PushNeeds,
): PushBrowsers {
  let key: Promise<Vapid> | null = null;
  return createPushBrowsers({
    db: storage.db,
    clock,
    person,
    vapid: () =>
      key ??= openKey(join(config.dataDir, "push.key")).catch((error) => {
        key = null;
        throw error;
      }),
    check: (endpoint) =>
      outgoing.check(endpoint).catch((error) => {
        if (!(error instanceof OutgoingError)) throw error;
        throw new PerchError("validation", `endpoint: ${error.message}`, {
          errors: [{ path: "endpoint", message: error.message }],
        });
      }),
  });
}

/** Somebody with an account; null: there is none. */
export function personOf(
  { users }: Pick<Access, "users">,
  id: string,
): ReturnType<PushBrowserDeps["person"]> {
  const user = users.find(id);
  if (user === undefined || user.state === "deleted") return null;
  return {
    email: user.email,
    active: user.state === "active",
    // As the pages show it: what is about accounts is for those who see accounts.
    reads: (type) => !isPrivate(type) || atLeast(user.role, "admin"),
  };
}

async function openKey(path: string): Promise<Vapid> {
  const { createVapid } = await import("../notify/push/vapid.ts");
  const file = readKeyFile(path);
  if (file.state === "good") return await createVapid(file.key);
  if (file.state !== "missing") {
    const advice = "remove it, and browsers subscribe anew";
    throw new PerchError("unavailable", `${file.reason}, so nothing can be pushed: ${advice}`);
  }
  for (;;) {
    const secret = randomSecret();
    // One in four thousand million is no key of the curve.
    const vapid = await createVapid(secret).catch(() => null);
    if (vapid === null) continue;
    await writeSecretFile(path, `${secret}\n`);
    return vapid;
  }
}
