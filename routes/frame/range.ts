import { momentOfText } from "../../lib/base/epoch.ts";
import { isTyped } from "./form_action.ts";
import { DAY_MS, HOUR_MS } from "../../lib/words/times.ts";

/** Ranges that end now. */
export const RANGES = [
  { key: "1h", name: "1 h", lengthMs: HOUR_MS },
  { key: "6h", name: "6 h", lengthMs: 6 * HOUR_MS },
  { key: "24h", name: "24 h", lengthMs: DAY_MS },
  { key: "7d", name: "7 d", lengthMs: 7 * DAY_MS },
  { key: "30d", name: "30 d", lengthMs: 30 * DAY_MS },
] as const;

export interface Range {
  key: string;
  fromMs: number;
  toMs: number;
  /** Length of a range that ends now, else null. */
  lengthMs: number | null;
}

/** Result of reading the query of a sensor page: a range, and what was wrong with a custom one. */
export interface RangeChoice {
  range: Range;
  problem: string | null;
}

/**
 * Chooses the range of a page or a form: `range=6h`, or `from` and `to`, which count instead where they are filled:
 * each as `pageTime` reads it, `to` now when it is empty. What cannot be read falls back to one hour and says why.
 */
export function chooseRange(
  query: { range?: string; from?: string; to?: string },
  nowMs: number,
  zone: string,
): RangeChoice {
  const ready = (key: string) => {
    const found = RANGES.find((range) => range.key === key) ?? RANGES[0];
    const { lengthMs } = found;
    return { key: found.key, fromMs: nowMs - lengthMs, toMs: nowMs, lengthMs };
  };
  const from = query.from?.trim() ?? "", to = query.to?.trim() ?? "";
  if (from === "" && to === "") return { range: ready(query.range ?? "1h"), problem: null };
  const fromMs = pageTime(from, nowMs, zone);
  const toMs = to === "" ? nowMs : pageTime(to, nowMs, zone);
  const problem = from === ""
    ? "“From” is missing."
    : fromMs === null
    ? `“From” is not a date and time: ${shortly(from)}.`
    : toMs === null
    ? `“To” is not a date and time: ${shortly(to)}.`
    : fromMs >= toMs
    ? "“From” must be before “To”."
    : null;
  if (problem !== null) return { range: ready("1h"), problem };
  // So long ago until now goes on with the clock.
  const moves = from.startsWith("-") && (to === "" || to === "now");
  const lengthMs = moves ? toMs! - fromMs! : null;
  return { range: { key: "custom", fromMs: fromMs!, toMs: toMs!, lengthMs }, problem };
}

/** What a form's `RangeFields` mean: the range alone where it was chosen anew and its two ends stand as they did. */
export function meantRange(
  values: Readonly<Record<string, string | undefined>>,
): { range?: string; from?: string; to?: string } {
  const { range, from, to, was_range: before } = values;
  const chosen = before !== undefined && range !== before;
  const typed = isTyped(values, "from") || isTyped(values, "to");
  return chosen && !typed ? { range } : { range, from, to };
}

const shortly = (text: string) => `“${text.slice(0, 40)}”`;

/**
 * A time that a person gives a page, as epoch ms: a date, or a date and time, in the site's zone, or as the API takes
 * times: `now`, `-6h`, ISO 8601 with its zone, epoch. Null when it is none.
 */
export function pageTime(text: string, nowMs: number, zone: string): number | null {
  const typed = text.trim().replace(/^(\d{4}-\d\d-\d\d) (?=\d\d:)/, "$1T");
  const local = localTime(/^\d{4}-\d\d-\d\d$/.test(typed) ? `${typed}T00:00` : typed, zone);
  return local ?? momentOfText(typed)?.(nowMs) ?? null;
}

/** Epoch ms of a local date and time in `zone`, the first of two; null when it is none. */
export function localTime(text: string, zone: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return null;
  try {
    return Temporal.PlainDateTime.from(text).toZonedDateTime(zone).epochMilliseconds;
  } catch {
    return null;
  }
}

/** The opposite: for the value of a datetime-local field. */
export function localText(tMs: number, zone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(tMs).toZonedDateTimeISO(zone).toPlainDateTime()
    .toString({ smallestUnit: "minute" });
}
