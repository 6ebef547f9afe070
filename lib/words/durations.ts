/** Lengths of time as people type them, and as they read back what they typed. Pure. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./times.ts";

const S_MS = 1000;
/** Every spelling of a unit, the one that is shown first. */
const SPELLINGS: readonly (readonly [ms: number, ...names: string[]])[] = [
  [DAY_MS, "d", "day", "days"],
  [HOUR_MS, "h", "hr", "hrs", "hour", "hours"],
  [MINUTE_MS, "min", "m", "mins", "minute", "minutes"],
  [S_MS, "s", "sec", "secs", "second", "seconds"],
  [1, "ms", "millisecond", "milliseconds"],
];
const UNITS = new Map(
  SPELLINGS.flatMap(([ms, ...names]) => names.map((name) => [name, ms] as const)),
);
const PART = /(\d+(?:[.,]\d+)?)\s*([a-z]+)\s*/giy;

/** What may be typed, for the help of a field. */
export const DURATION_EXAMPLES = "30 s, 5 min, 1.5 h, 2 d";

/** Milliseconds of `90 s`, `5 min`, `1 h 30 min`, `1,5 h`, `2 days`; null: it is none. A bare number but 0 is none. */
export function durationOfText(text: string): number | null {
  const typed = text.trim();
  if (typed === "0") return 0;
  let ms = 0;
  PART.lastIndex = 0;
  for (let at = 0; at < typed.length; at = PART.lastIndex) {
    const [, count, unit] = PART.exec(typed) ?? [];
    const unitMs = UNITS.get(unit?.toLowerCase());
    if (unitMs === undefined) return null;
    ms += Number(count.replace(",", ".")) * unitMs;
  }
  return typed === "" ? null : Math.round(ms);
}

/** A length of time to the millisecond, in the largest unit that shows it with a half at most: `1.5 h`, `90 s`. */
export function durationText(ms: number): string {
  for (const [unitMs, name] of SPELLINGS) {
    if (unitMs > 1 && ms >= unitMs && (ms * 2) % unitMs === 0) return `${ms / unitMs} ${name}`;
  }
  return ms >= S_MS ? `${ms / S_MS} s` : ms === 0 ? "0 s" : `${ms} ms`;
}

/** True for names of what is a length of time: `delay_ms`, `forMs`. */
export function isDuration(name: string): boolean {
  return /(_ms|Ms)$/.test(name);
}

/** The value of an option as people read it, and as its field holds it; empty: none. */
export function optionText(name: string, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "on" : "off";
  return isDuration(name) && typeof value === "number" ? durationText(value) : String(value);
}

/** Of text where a length of time belongs: `"5" has no unit: …`. */
export function notDuration(text: string): string {
  const shown = `"${text.trim().slice(0, 40)}"`;
  const why = /^\d+([.,]\d+)?$/.test(text.trim()) ? "has no unit" : "is not a length of time";
  return `${shown} ${why}; give it as ${DURATION_EXAMPLES}`;
}
