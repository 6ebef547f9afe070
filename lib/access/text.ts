import { z } from "zod";

// Control characters, line separators, and the marks that turn text around on a page.
// deno-lint-ignore no-control-regex
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** A name that people read: 1 to `most` characters, no control or invisible ones. */
export function nameSchema(most: number): z.ZodType<string> {
  return z.string().trim().min(1).max(most).refine(
    (value) => !UNSEEN.test(value),
    "control and invisible characters are not allowed",
  );
}

/** An address to sign in with, in lower case. */
export const emailSchema = z.string().trim().max(254).toLowerCase().pipe(z.email());

/** Characters of a new password. Length is what counts: no rules about kinds of characters. */
export const PASSWORD_LEAST = 8;
export const PASSWORD_MOST = 256;
