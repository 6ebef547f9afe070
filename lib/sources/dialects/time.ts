import { EARLIEST_MS, LATEST_MS } from "../../readings/reading.ts";
import { type Fault, shown } from "./dialect.ts";
import { numberOf } from "./value.ts";

/** A time in epoch milliseconds, or why it is none. */
export type TimeOrFault = { tMs: number } | Fault;

const WHEN = "a time lies in the years 2000 to 2099, in s or ms since 1970 or as ISO 8601";
const ISO =
  /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?)?$/;

/**
 * Reads a device's time: seconds (fractions allowed) or milliseconds since 1970, told apart by size, or
 * ISO 8601; without a zone it is UTC, a date alone is its midnight. Microseconds and nanoseconds are not
 * guessed: a time in ms that is wrong by a factor of 1000 would pass as one.
 */
export function timeOf(raw: unknown): TimeOrFault {
  if (typeof raw === "number") return epoch(raw);
  if (typeof raw !== "string") {
    return { code: "bad_time", message: `${WHEN}, not ${shown(raw)}` };
  }
  const text = raw.trim();
  const number = numberOf(text);
  return Number.isNaN(number) ? iso(text) : epoch(number);
}

function epoch(value: number): TimeOrFault {
  if (value >= EARLIEST_MS && value < LATEST_MS) return { tMs: Math.floor(value) };
  // Rounded, because the product of a decimal fraction and 1000 can fall just below the whole number.
  if (value >= EARLIEST_MS / 1000 && value < LATEST_MS / 1000) {
    return { tMs: Math.round(value * 1000) };
  }
  return { code: "bad_time", message: `${WHEN}, not ${value}` };
}

function iso(text: string): TimeOrFault {
  const match = ISO.exec(text);
  if (match === null) return { code: "bad_time", message: `${WHEN}, not ${shown(text)}` };
  const dated = text.length === 10 ? `${text}T00:00Z` : match.groups?.zone ? text : `${text}Z`;
  try {
    const tMs = Temporal.Instant.from(dated).epochMilliseconds;
    if (tMs >= EARLIEST_MS && tMs < LATEST_MS) return { tMs };
    return { code: "bad_time", message: `${WHEN}, not ${shown(text)}` };
  } catch {
    return { code: "bad_time", message: `${shown(text)} is not a date and time that exists` };
  }
}
