/** What people get who are not signed in: the sign-in page, and their form again. */
import type { Context } from "hono";
import { limitBody } from "./body.ts";
import { localPath } from "./form.ts";
import { originAllowed } from "./origin.ts";
import { hostOf, pathOf, wantsHtml } from "./request.ts";
import { seeOther } from "./see_other.ts";

/** A form that came without a valid sign-in. */
export interface TypedForm {
  path: string;
  fields: [name: string, value: string][];
}

const FORM_BYTES = 64 * 1024;

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
  if (!wantsHtml(c) || type !== "application/x-www-form-urlencoded") return null;
  const headers = c.req.raw.headers;
  const allowed = originAllowed({
    origin: headers.get("origin"),
    fetchSite: headers.get("sec-fetch-site"),
    host: hostOf(c),
    publicUrl,
    proofNeeded: true,
  });
  if (!allowed) return null;
  const text = await limitBody(c.req.raw, FORM_BYTES).text();
  return { path: c.req.path, fields: [...new URLSearchParams(text)] };
}
