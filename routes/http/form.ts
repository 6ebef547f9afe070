import type { Context } from "hono";
import type { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { fieldWords, notNumber } from "../../lib/base/field_words.ts";
import { DEFAULT_BODY_BYTES, limitBody } from "./body.ts";
import { strict } from "./validate.ts";

/** What a form held (`text` is all of it, as sent), or what is wrong with it: to be shown beside the fields. */
export type FormResult<T> =
  | { ok: true; data: T; text: string }
  | { ok: false; errors: Record<string, string>; values: Record<string, string>; text: string };

/** Name of the hidden field that says what the page knew when it was drawn (`SeenField`). */
export const SEEN_FIELD = "seen";

/**
 * Reads a page's form (`application/x-www-form-urlencoded`); fields given twice count once, unknown ones are
 * refused.
 * @throws PerchError `unsupported_media_type`, `payload_too_large`
 */
export async function readForm<T>(
  c: Context,
  schema: z.ZodType<T>,
  maxBytes = DEFAULT_BODY_BYTES,
): Promise<FormResult<T>> {
  const type = c.req.header("content-type")?.split(";")[0].trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    throw new PerchError(
      "unsupported_media_type",
      "send the form as application/x-www-form-urlencoded",
    );
  }
  const text = await limitBody(c.req.raw, maxBytes).text();
  const { [SEEN_FIELD]: since = "", ...values } = Object.fromEntries(new URLSearchParams(text));
  if (/^\d{1,15}$/.test(since)) c.get("seen")?.since(Number(since));
  const result = await strict(schema).safeParseAsync(values, { error: fieldWords });
  if (result.success) return { ok: true, data: result.data as T, text };
  const errors: Record<string, string> = {};
  for (const issue of result.error.issues) {
    const path = issue.code === "unrecognized_keys" ? "form" : issue.path.join(".") || "form";
    const isNumber = issue.code === "invalid_type" && issue.expected === "number";
    errors[path] ??= (isNumber && notNumber(values[path] ?? "")) || issue.message;
  }
  return { ok: false, errors, values, text };
}

/** A PerchError as errors beside fields (`form` for what belongs to none). */
export function formErrors(error: unknown): Record<string, string> {
  if (!(error instanceof PerchError)) throw error;
  if (error.errors.length === 0) return { form: error.message };
  return Object.fromEntries(error.errors.map((e) => [e.path, e.message]));
}

const OWN = "http://perch.invalid";

/**
 * A path of this Perch to go on to, or `/`. The one place where a path from a request (`next`, `back`) is
 * judged: what is given out is the normalised path, and it is that which must not lead elsewhere
 * (`/..//host` becomes `//host`).
 */
export function localPath(next: string | undefined): string {
  if (next === undefined || next.length > 2000 || !/^\/[\x21-\x7e]*$/.test(next)) return "/";
  const url = URL.parse(next, OWN);
  if (url === null || url.origin !== OWN) return "/";
  const path = url.pathname + url.search;
  const again = URL.parse(path, OWN);
  const same = again?.origin === OWN && again.pathname + again.search === path;
  return same && !/^\/[/\\]/.test(path) ? path : "/";
}
