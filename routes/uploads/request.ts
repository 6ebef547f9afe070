/** What the API and the pages of uploads share, whatever is uploaded. */
import { z } from "zod";
import type { Audit } from "../../lib/access/audit.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { FoundUpload } from "../../lib/uploads/folder.ts";
import type { Receiving, Uploads } from "../../lib/uploads/uploads.ts";
import { steadily } from "../http/body.ts";
import { caller } from "../http/caller.ts";
import { readMultipartTo } from "../http/multipart.ts";
import type { RouteContext } from "../http/route.ts";

/** Where one kind of files is uploaded to. */
export interface UploadServices<Content = unknown> {
  uploads: Uploads<Content>;
  audit: Pick<Audit, "record">;
  /** `backup`: of its actions and resources in the audit log. */
  audited: string;
}

/** The room on the disk is asked as well. */
export const MOST_BYTES = 1e12;
/** A sender may take so long for all of it, and so long for nothing at all. */
export const MOST_MS = 24 * 3_600_000;
const STALL_MS = 30_000;

export const declaredShape = z.strictObject({
  name: z.string().min(1).max(200).describe("of the file"),
  bytes: z.int().min(1).max(MOST_BYTES).describe("of all of it"),
  sha256: z.string().regex(/^[0-9a-fA-F]{64}$/).optional().describe("of all of it, checked"),
});

/** @throws PerchError `conflict`, `storage_full` */
export async function beginUpload<Content>(
  { uploads }: UploadServices<Content>,
  context: RouteContext,
  { name, bytes, sha256 }: z.output<typeof declaredShape>,
): Promise<FoundUpload<Content>> {
  const hash = sha256?.toLowerCase() ?? null;
  return await uploads.begin({ name, bytes, sha256: hash }, caller(context).name);
}

/** Appends the body to an upload that is `offset` bytes long. @throws PerchError as `Receiving` */
export async function receivePart<Content>(
  services: UploadServices<Content>,
  context: RouteContext,
  id: string,
  offset: number,
): Promise<FoundUpload<Content>> {
  const { body } = context.c.req.raw;
  const receiving = await services.uploads.receive(id, offset);
  try {
    if (body !== null) {
      for await (const chunk of steadily(body, STALL_MS)) await receiving.write(chunk);
    }
  } catch (error) {
    throw await receiving.fail(brokenOff(error));
  }
  return await ended(services, context, receiving);
}

/** Takes a file from a page's form, in one piece. @throws PerchError `validation`, and as `receivePart` */
export async function receiveForm<Content>(
  services: UploadServices<Content>,
  context: RouteContext,
  missing: string,
): Promise<FoundUpload<Content>> {
  const { uploads } = services;
  let receiving: Receiving<Content> | null = null;
  try {
    await readMultipartTo(context.c.req.raw, "file", MOST_BYTES, {
      async begin(name) {
        const declared = { name, bytes: null, sha256: null };
        const { id } = await uploads.begin(declared, caller(context).name);
        receiving = await uploads.receive(id, 0);
      },
      write: (chunk) => receiving!.write(chunk),
    });
  } catch (error) {
    throw await (receiving as Receiving<Content> | null)?.fail(brokenOff(error)) ??
      brokenOff(error);
  }
  if (receiving === null) {
    const message = missing;
    throw new PerchError("validation", `file: ${message}`, { errors: [{ path: "file", message }] });
  }
  return await ended(services, context, receiving);
}

/** @throws PerchError `not_found`, `conflict` */
export async function removeUpload(
  { uploads, audit, audited }: UploadServices,
  context: RouteContext,
  id: string,
): Promise<void> {
  const { record, received } = await uploads.remove(id);
  if (record.whole === null) return;
  await audit.record({
    actor: caller(context),
    action: `${audited}.delete_upload`,
    resource: `${audited}:${id}`,
    touches: [],
    before: { bytes: received },
  });
}

async function ended<Content>(
  { audit, audited }: UploadServices<Content>,
  context: RouteContext,
  receiving: Receiving<Content>,
): Promise<FoundUpload<Content>> {
  const found = await receiving.end();
  if (found.record.whole !== null) {
    await audit.record({
      actor: caller(context),
      action: `${audited}.upload`,
      resource: `${audited}:${found.id}`,
      touches: [],
      after: { bytes: found.received },
    });
  }
  return found;
}

/** A connection that broke is the sender's, and nobody reads the answer. */
function brokenOff(error: unknown): unknown {
  if (error instanceof PerchError) return error;
  return new PerchError("bad_request", "the connection broke before all of it was there", {
    cause: error,
  });
}
