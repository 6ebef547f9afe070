/** What the API and the page of a restore share. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import type { SignIn } from "../../lib/access/sign_in.ts";
import type { Users } from "../../lib/access/users.ts";
import type { Archive, Uploads } from "../../lib/backup/uploads.ts";
import type { RestoreJob, Restores } from "../../lib/backup/restores.ts";
import { caller, me } from "../http/caller.ts";
import type { RouteContext } from "../http/route.ts";
import type { UploadServices } from "../uploads/request.ts";

export interface RestoreServices {
  restores: Restores;
  access: { signIn: Pick<SignIn, "confirmWithCode"> };
  users: Users;
  audit: Pick<Audit, "record">;
}

/** Archives from elsewhere, as uploads are handled. */
export const archiveUploads = (
  { uploads, audit }: { uploads: Uploads } & Pick<RestoreServices, "audit">,
): UploadServices<Archive> => ({ uploads, audit, audited: "backup" });

/** A large archive takes its time. */
export const CHECK_MS = 2 * 3_600_000;

/** Which backup, and its key when it is encrypted. */
export const chosenShape = z.strictObject({
  file: z.string().min(1).max(200).describe("id of a backup or of an uploaded archive"),
  identity: z.string().max(500).optional().describe(
    "private key, of an encrypted one; it is not kept",
  ),
});

/** What proves that an admin means it. */
export const meantShape = chosenShape.extend({
  site: z.string().max(200).describe("the name of the plant in the backup, typed"),
  password: z.string().max(1024).describe("one's own, again"),
  code: z.string().max(40).optional().describe("of one's second factor, when it is on"),
});

export const restoreJobShape = z.object({
  file: z.string(),
  by: z.string(),
  state: z.enum(["checking", "ready", "failed"])
    .describe(
      "checking: everything goes on; ready: Perch ends, restores and starts again; failed: all is as it was",
    ),
  share: z.number().describe("0 to 1"),
  error: z.string().nullable(),
}).meta({ id: "RestoreJob" });

/** Begins a restore, once who asks has proven who they are. @throws PerchError */
export async function beginRestore(
  { restores, access, users, audit }: RestoreServices,
  context: RouteContext,
  { file, identity, site, password, code }: z.output<typeof meantShape>,
): Promise<RestoreJob> {
  const actor = caller(context);
  await access.signIn.confirmWithCode(me(context, users), { password, code }, actor);
  const job = await restores.begin({ file, identity: identity || null, site }, actor.name);
  await audit.record({
    actor,
    action: "backup.begin_restore",
    resource: `backup:${file}`,
    touches: [],
  });
  return job;
}
