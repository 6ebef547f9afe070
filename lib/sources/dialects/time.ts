import { EARLIEST_MS, LATEST_MS } from "../../readings/reading.ts";
import { numberOf } from "./value.ts";

/**
 * A time in epoch milliseconds, or what was written in its place. Whether a time is plausible (a clock that
 * is not set, or ahead) is decided by the intake, which knows what time it is.
 */
export type DeviceTime = { tMs: number } | { noTime: string };

const ISO =
  /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?)?$/;
const SHOWN_CHARS = 40;

/**
 * Reads a device's time: seconds (fractions allowed) or milliseconds since 1970 in the years 2000 to 2099,
 * told apart by size, or ISO 8601; without a zone it is UTC, a date alone is its midnight. Microseconds and
 * nanoseconds are not guessed: a time in ms that is wrong by a factor of 1000 would pass as one.
 */
export function timeOf(raw: unknown): DeviceTime {
  if (typeof raw === "number") return epoch(raw) ?? { noTime: String(raw) };
  if (typeof raw !== "string") {
    return { noTime: (JSON.stringify(raw) ?? String(raw)).slice(0, SHOWN_CHARS) };
  }
  const text = raw.trim();
  const number = numberOf(text);
  return (Number.isNaN(number) ? iso(text) : epoch(number)) ??
    { noTime: text.slice(0, SHOWN_CHARS).toWellFormed() };
}

function epoch(value: number): DeviceTime | null {
  const tMs = epochMs(value);
  return tMs === null ? null : { tMs };
}

/** A number as a time in ms, of seconds or milliseconds since 1970; null: it is none. */
export function epochMs(value: number): number | null {
  if (value >= EARLIEST_MS && value < LATEST_MS) return Math.floor(value);
  // Rounded, because the product of a decimal fraction and 1000 can fall just below the whole number.
  if (value >= EARLIEST_MS / 1000 && value < LATEST_MS / 1000) return Math.round(value * 1000);
  return null;
}

function iso(text: string): DeviceTime | null {
  const match = ISO.exec(text);
  if (match === null) return null;
  const dated = text.length === 10 ? `${text}T00:00Z` : match.groups?.zone ? text : `${text}Z`;
  try {
    const tMs = Temporal.Instant.from(dated).epochMilliseconds;
    return tMs >= EARLIEST_MS && tMs < LATEST_MS ? { tMs } : null;
  } catch {
    // A day that does not exist.
    return null;
  }
}
