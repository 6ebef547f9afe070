/** What the API and the pages of a discussion share: authors and uploads. */
import type { Audit } from "../../lib/access/audit.ts";
import { PerchError } from "../../lib/base/errors.ts";
import type { Attachments, Upload } from "../../lib/tickets/attachments.ts";
import type { Comments } from "../../lib/tickets/comments.ts";
import type { Author } from "../../lib/tickets/subject.ts";
import { limitBody } from "../http/body.ts";
import { auditedBy } from "../http/caller.ts";
import { type MultipartSeen, readMultipart } from "../http/multipart.ts";
import type { RouteContext } from "../http/route.ts";

export interface DiscussionServices {
  comments: Comments;
  attachments: Attachments;
  audit: Pick<Audit, "statement">;
}

/** Beyond every limit that may be set; the limit in force is checked before a byte is read. */
export const UPLOAD_MOST_BYTES = 51 * 1_000_000;
/** What a form has around its file: borders, names, the comment. */
const FORM_BYTES = 64 * 1024;

/** Who writes or attaches something, with its audit row. */
export function authorOf(audit: Pick<Audit, "statement">, context: RouteContext): Author {
  const { id, name, role } = context.who!;
  return { id, name, moderator: role === "admin", audited: auditedBy(audit, context) };
}

/** What an upload form held. */
export interface SentFile {
  upload: Upload | null;
  /** Fields beside the file. */
  fields: Record<string, string>;
}

/**
 * Reads a file out of a form (`multipart/form-data`, field `file`) or out of the body itself. Call it within
 * `Attachments.receive`.
 * @throws PerchError `payload_too_large`, `bad_request`, `validation`
 */
export async function readUpload(
  { c }: Pick<RouteContext, "c">,
  { limit, name, fields, seen }: {
    limit: number;
    name: string;
    fields: readonly string[];
    /** Is filled with what was read, also of a form that is refused. */
    seen?: MultipartSeen;
  },
): Promise<SentFile> {
  const type = c.req.header("content-type")?.split(";")[0].trim().toLowerCase() ?? "";
  if (type !== "multipart/form-data") {
    if (type === "application/x-www-form-urlencoded") {
      throw new PerchError("unsupported_media_type", "send a form as multipart/form-data");
    }
    const bytes = new Uint8Array(await limitBody(c.req.raw, limit).arrayBuffer());
    return { upload: { name, bytes }, fields: {} };
  }
  // Of a page's form what was typed is wanted, also when its file is too large.
  const form = seen ? c.req.raw : limitBody(c.req.raw, limit + FORM_BYTES);
  const { fields: given, file } = await readMultipart(form, "file", limit, seen);
  const strange = Object.keys(given).find((key) => !fields.includes(key));
  if (strange !== undefined) throw invalid(strange.slice(0, 80), "unknown field");
  return { upload: file, fields: given };
}

/** A field of an upload is wrong. */
export function invalid(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}
