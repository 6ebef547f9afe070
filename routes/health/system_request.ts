/** What the API and the page of system control share. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { SignIn } from "../../lib/access/sign_in.ts";
import type { Users } from "../../lib/access/users.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { SystemControl } from "../../lib/health/system/control.ts";
import { caller, me } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";

export interface SystemServices {
  system: SystemControl;
  access: { signIn: Pick<SignIn, "confirmWithCode"> };
  users: Users;
  audit: Pick<Audit, "record">;
}

/** What proves that an admin means it. */
export const meantShape = z.strictObject({
  host: z.string().max(255).describe("the name of the host, typed"),
  password: z.string().max(1024).describe("one's own, again"),
  code: z.string().max(40).optional().describe("of one's second factor, when it is on"),
});
type Meant = z.output<typeof meantShape>;

/** Restarts units, once who asks has proven who they are and what they mean. @throws PerchError */
export async function restartServices(
  services: SystemServices,
  context: RouteContext,
  { units, ...meant }: Meant & { units: readonly string[] | null },
): Promise<string[]> {
  const by = await proven(services, context, meant, "system.restart_services", { units });
  return await services.system.restart(units, by);
}

/** Reboots the host, the same way. @throws PerchError */
export async function rebootHost(
  services: SystemServices,
  context: RouteContext,
  meant: Meant,
): Promise<void> {
  const by = await proven(services, context, meant, "system.reboot");
  await services.system.reboot(by);
}

/** Recorded before it happens: afterwards there may be nobody to do it. */
async function proven(
  { system: { host }, access, users, audit }: SystemServices,
  context: RouteContext,
  { host: typed, password, code }: Meant,
  action: string,
  after?: unknown,
): Promise<string> {
  const actor = caller(context);
  await access.signIn.confirmWithCode(me(context, users), { password, code }, actor);
  if (typed.trim() !== host) {
    const message = `this host is ${host}; type its name`;
    throw new PerchError("validation", message, { errors: [{ path: "host", message }] });
  }
  await audit.record({ actor, action, resource: `host:${host}`, after, touches: [] });
  return actor.name;
}
