/** Times that people and scripts give: what is taken, and what is refused because it can only be a mistake. */
import { z } from "zod";

const FIRST_YEAR_MS = Date.UTC(2000, 0, 1);
const END_MS = Date.UTC(2100, 0, 1);
const ISO =
  /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?)?$/;
const ALLOWED = "give epoch milliseconds, epoch seconds, or ISO 8601 such as 2026-11-20T10:00Z";

/**
 * A time in a query, as epoch ms. Taken are epoch milliseconds, epoch seconds (told apart by size: nothing is
 * older than 2000, so 1 795 823 993 is no time in ms) and ISO 8601; without a zone it is UTC. 0 is the beginning.
 */
export function epochOfText(text: string): number | null {
  if (/^\d{1,15}$/.test(text)) {
    const n = Number(text);
    if (n >= FIRST_YEAR_MS / 1000 && n < END_MS / 1000) return n * 1000;
    return n <= END_MS ? n : null;
  }
  if (!ISO.test(text)) return null;
  try {
    const zoned = text.length === 10
      ? `${text}T00:00Z`
      : /[zZ]$|[+-]\d\d(:?\d\d)?$/.test(text.slice(16))
      ? text
      : `${text}Z`;
    return Temporal.Instant.from(zoned).epochMilliseconds;
  } catch {
    return null;
  }
}

/** A field of a query that holds a time; `what` says which in the API document. */
export const timeField = (what: string) =>
  z.string().superRefine((text, issue) => {
    if (epochOfText(text) !== null) return;
    issue.addIssue({
      code: "custom",
      message: `"${text.slice(0, 40)}" is not a time from 1970 to 2100; ${ALLOWED}`,
    });
  }).transform((text) => epochOfText(text)!).optional()
    .describe(`${what}; epoch ms, epoch s or ISO 8601`);

/** A time in a JSON body: epoch milliseconds. Seconds would be a day in 1970, so they are refused by name. */
export const epochMs = z.number().int().min(0).max(8e15).refine(
  (n) => n < FIRST_YEAR_MS / 1000 || n >= END_MS / 1000,
  { error: ({ input }) => `${input} looks like seconds; times are in epoch milliseconds` },
);
