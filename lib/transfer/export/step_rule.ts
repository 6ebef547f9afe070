/** Where steps of time begin. Pure. */
import { beginOfDay } from "../../words/days.ts";
import { DAY_MS, HOUR_MS } from "../../words/times.ts";

/** Steps without gaps, each from its beginning to that of the next. */
export interface StepRule {
  /** Beginning of the step that holds `tMs`. */
  beginOf(tMs: number): number;
  /** Beginning of the step that is `count` steps after the one that begins at `beginMs`. */
  after(beginMs: number, count: number): number;
  /** Every step is made of whole ones of so many ms, counted from 1970 in UTC. */
  partMs: number;
  /** Most steps to be asked for at once. */
  most: number;
}

const QUARTER_MS = HOUR_MS / 4;
const MOST = 10_000;
/** Of days: their quarters of an hour have to fit into one answer. */
const MOST_DAYS = 500;
const FIRST_DAY = Temporal.PlainDate.from("1970-01-01");

/**
 * Steps of `stepMs`: whole days begin where the days of `zone` (an IANA name) do and have 23 to 25 hours; all else
 * begins at full steps of UTC.
 */
export function createStepRule(stepMs: number, zone: string): StepRule {
  if (stepMs % DAY_MS === 0 && zone !== "UTC") return daysOf(stepMs / DAY_MS, zone);
  return {
    beginOf: (tMs) => Math.floor(tMs / stepMs) * stepMs,
    after: (beginMs, count) => beginMs + count * stepMs,
    partMs: stepMs,
    most: MOST,
  };
}

function daysOf(length: number, zone: string): StepRule {
  const dayOf = (tMs: number) =>
    Temporal.Instant.fromEpochMilliseconds(Math.floor(tMs)).toZonedDateTimeISO(zone).toPlainDate();
  return {
    beginOf(tMs) {
      const day = dayOf(tMs);
      const number = FIRST_DAY.until(day, { largestUnit: "days" }).days;
      return beginOfDay(day.subtract({ days: (number % length + length) % length }), zone);
    },
    after: (beginMs, count) => beginOfDay(dayOf(beginMs).add({ days: count * length }), zone),
    // Clocks stand apart by whole quarters of an hour everywhere.
    partMs: QUARTER_MS,
    most: Math.max(1, Math.floor(MOST_DAYS / length)),
  };
}
