/** Times that people and scripts give: what is accepted, and what is refused because it can only be a mistake. */
import { z } from "zod";

const FIRST_YEAR_MS = Date.UTC(2000, 0, 1);
const END_MS = Date.UTC(2100, 0, 1);
/** The last that a date holds. */
const LAST_MS = 8e15;
const ISO =
  /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?)?$/;
const RELATIVE = /^-(\d{1,9})([smhd])$/;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const ALLOWED =
  "give epoch milliseconds, epoch seconds, ISO 8601 such as 2026-11-20T10:00Z, `now`, or so " +
  "long ago as -90s, -30m, -6h, -7d";

/** A time that was asked for: epoch ms, by the moment at which it was asked. */
export type Moment = (nowMs: number) => number;

/**
 * A time in a query, as epoch ms. Accepted are epoch milliseconds, epoch seconds (told apart by size: nothing is
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

/** A time in a query: as `epochOfText`, `now`, or how long ago (`-90s`, `-30m`, `-6h`, `-7d`); null: none. */
export function momentOfText(text: string): Moment | null {
  if (text === "now") return (nowMs) => nowMs;
  const [, count, unit] = RELATIVE.exec(text) ?? [];
  if (count !== undefined) {
    const agoMs = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
    return (nowMs) => Math.max(0, nowMs - agoMs);
  }
  const ms = epochOfText(text);
  return ms === null ? null : () => ms;
}

/** A field of a query that holds a time; `what` says which in the API document. */
export const timeField = (what: string) => momentField.optional().describe(what);

const momentField = z.string().superRefine((text, issue) => {
  if (momentOfText(text) !== null) return;
  issue.addIssue({
    code: "custom",
    message: `"${text.slice(0, 40)}" is not a time from 1970 to 2100; ${ALLOWED}`,
  });
}).transform((text) => momentOfText(text)!)
  .meta({ id: "Moment", description: "epoch ms, epoch s, ISO 8601, now, or so long ago as -6h" });

/** A time in a JSON body: epoch milliseconds. Seconds would be a day in 1970, so they are refused by name. */
export const epochMs = z.number().int().min(0).max(LAST_MS).refine(
  (n) => n < FIRST_YEAR_MS / 1000 || n >= END_MS / 1000,
  { error: ({ input }) => `${input} looks like seconds; times are in epoch milliseconds` },
);

const AHEAD = /^\+(\d{1,9})([smhd])$/;
const BODY_TEXT =
  "is no time: give epoch milliseconds, ISO 8601, `now`, so long ago as -7d or so far ahead as +2h";

/**
 * A time in a JSON body that a person may write: epoch milliseconds, ISO 8601, `now`, so long ago as `-7d` or so far
 * ahead as `+2h`. Read it with `momentMs`.
 */
export const bodyMoment = z.union([
  epochMs,
  z.string().max(40).refine((text) => bodyMomentOf(text) !== null, BODY_TEXT),
]).meta({ id: "BodyMoment", description: "epoch ms, ISO 8601, now, -7d, +2h" });

/** The same, where it may be left out. */
export const momentInBody = bodyMoment.optional();

function bodyMomentOf(text: string): Moment | null {
  const [, count, unit] = AHEAD.exec(text) ?? [];
  if (count === undefined) return momentOfText(text);
  const aheadMs = Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  return (nowMs) => Math.min(LAST_MS, nowMs + aheadMs);
}

/** When that is, epoch ms. */
export function momentMs<T extends number | string | null | undefined>(
  time: T,
  nowMs: number,
): Exclude<T, string> | number {
  return typeof time === "string" ? bodyMomentOf(time)!(nowMs) : time as Exclude<T, string>;
}
