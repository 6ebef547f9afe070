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
 * Chooses the range of a page: `range=6h`, or `from` and `to` as a browser's datetime-local field writes
 * them (`2026-01-05T12:00`), in the site's zone. What cannot be read falls back to one hour and says why.
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
  if (query.from === undefined && query.to === undefined) {
    return { range: ready(query.range ?? "1h"), problem: null };
  }
  const fromMs = localTime(query.from ?? "", zone), toMs = localTime(query.to ?? "", zone);
  const problem = fromMs === null
    ? "“From” is not a date and time."
    : toMs === null
    ? "“To” is not a date and time."
    : fromMs >= toMs
    ? "“From” must be before “To”."
    : null;
  return problem === null
    ? { range: { key: "custom", fromMs: fromMs!, toMs: toMs!, lengthMs: null }, problem }
    : { range: ready("1h"), problem };
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
