/** What people get who are not signed in: the sign-in page, and their form again. */
import type { Context } from "hono";
import { limitBody } from "./body.ts";
import { localPath } from "./form.ts";
import { readMultipartTexts } from "./multipart.ts";
import { originAllowed } from "./origin.ts";
import { hostOf, pathOf, wantsHtml } from "./request.ts";
import { seeOther } from "./see_other.ts";

/** A form that came without a valid sign-in. */
export interface TypedForm {
  path: string;
  fields: [name: string, value: string][];
  /** Name of the field of a file that has to be chosen again; null: none came. */
  fileField: string | null;
}

const FORM_BYTES = 64 * 1024;
/** Beyond every file that a page may send. */
const FILE_BYTES = 64 * 1024 * 1024;

/** A page was asked for: its reader is sent to sign in first. */
export function wantsSignIn(c: Context): boolean {
  const { method } = c.req;
  return (method === "GET" || method === "HEAD") && wantsHtml(c);
}

/** To the sign-in page, and from there to what was asked for. */
export function toSignIn(c: Context): Response {
  const next = localPath(pathOf(c));
  const query = next === "/" ? "" : `?next=${encodeURIComponent(next)}`;
  return seeOther(`/sign-in${query}`);
}

/** What a person typed into a form of ours; null when it is none. */
export async function typedForm(c: Context, publicUrl: URL | null): Promise<TypedForm | null> {
  const type = c.req.header("content-type")?.split(";")[0].trim().toLowerCase();
  const hasFile = type === "multipart/form-data";
  if (!wantsHtml(c) || !hasFile && type !== "application/x-www-form-urlencoded") return null;
  const headers = c.req.raw.headers;
  const allowed = originAllowed({
    origin: headers.get("origin"),
    fetchSite: headers.get("sec-fetch-site"),
    host: hostOf(c),
    publicUrl,
    proofNeeded: true,
  });
  if (!allowed) return null;
  const { path } = c.req;
  if (hasFile) {
    const body = limitBody(c.req.raw, FILE_BYTES + FORM_BYTES);
    const { fields, fileField } = await readMultipartTexts(body, FILE_BYTES);
    return { path, fields: Object.entries(fields), fileField };
  }
  const text = await limitBody(c.req.raw, FORM_BYTES).text();
  return { path, fields: [...new URLSearchParams(text)], fileField: null };
}
