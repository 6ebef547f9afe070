/**
 * Times as files write them: numbers of one precision, ISO 8601, the dates of spreadsheets; local times with the clock
 * changes of their zone. Pure.
 */
import { EARLIEST_MS, LATEST_MS } from "../../readings/reading.ts";
import { PerchError } from "../../base/errors.ts";
import type { ImportOptions } from "./format.ts";
import { quoted } from "./segment.ts";
import { DAY_MS } from "../../words/times.ts";

export const PRECISIONS = ["ns", "us", "ms", "s"] as const;
export type Precision = typeof PRECISIONS[number];

const PER_MS: Record<Precision, number> = { ns: 1e6, us: 1e3, ms: 1, s: 1e-3 };
export const PRECISION_WORDS: Record<Precision, string> = {
  ns: "nanoseconds",
  us: "microseconds",
  ms: "milliseconds",
  s: "seconds",
};
const NUMBER = /^[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i;
/** Day 0 of spreadsheets. */
const SERIAL_ZERO = Temporal.PlainDate.from("1899-12-30");
const SERIAL_FIRST = 36_526, SERIAL_END = 73_051;

/** Year, month, day in one of three orders; a time of day; AM or PM; an offset. */
const DATE =
  /^(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})(?:(?:[Tt]|[ ,]+)(\d{1,2})(:\d\d)(?::(\d\d)(?:[.,](\d{1,12}))?)?(?: ?([AaPp])\.?[Mm]\.?)?(?: ?([Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?))?)?$/;

/** A time, or why it is none: a sentence. */
export type Time = number | string;

/** Seconds to nanoseconds since 1970, as whole milliseconds. */
export function epochOf(text: string, precision: Precision): number {
  const whole = /^-?\d+$/.test(text);
  // More digits than a number holds: what is below a millisecond is cut off as text.
  if (whole && precision === "ns" && text.length > 15) return Number(text.slice(0, -6));
  if (whole && precision === "us") return Math.floor(Number(text) / 1000);
  // A product with a fraction may fall just below the whole number.
  return precision === "s" ? Math.round(Number(text) * 1000) : Math.floor(
    Number(text) / PER_MS[precision],
  );
}

/** A number of the given precision as a time. */
export function timeOfEpoch(text: string, precision: Precision): Time {
  const tMs = epochOf(text, precision);
  if (tMs >= EARLIEST_MS && tMs < LATEST_MS) return tMs;
  const other = precisionOf(text);
  const day = dayWords(tMs);
  if (other !== null && other !== precision) {
    return `the time ${quoted(text)} is ${day} in ${PRECISION_WORDS[precision]}, as which the ` +
      `file is read; it looks like ${PRECISION_WORDS[other]}, and a file has one precision`;
  }
  return `the time ${quoted(text)} is ${day}; ${ALLOWED}`;
}

const ALLOWED = "times from 2000 to 2099 are taken";

/** Times that are milliseconds already. */
export function timeOfMs(tMs: number): Time {
  if (tMs >= EARLIEST_MS && tMs < LATEST_MS) return Math.floor(tMs);
  return Number.isFinite(tMs) ? `the time is ${dayWords(tMs)}; ${ALLOWED}` : "there is no time";
}

function dayWords(tMs: number): string {
  return Math.abs(tMs) < 8.64e15
    ? `in the year ${new Date(tMs).getUTCFullYear()}`
    : "in no year that a calendar has";
}

/** The precision by which a number is a time from 2000 to 2099; null: none. */
export function precisionOf(text: string): Precision | null {
  if (!NUMBER.test(text)) return null;
  return PRECISIONS.toReversed().find((precision) => {
    const tMs = epochOf(text, precision);
    return tMs >= EARLIEST_MS && tMs < LATEST_MS;
  }) ?? null;
}

/** What most of the first times say; null when none of them is a number that could be a time. */
export function guessPrecision(texts: readonly string[]): Precision | null {
  const found = texts.map(precisionOf).filter((one) => one !== null);
  const count = (one: Precision) => found.filter((other) => other === one).length;
  return found.toSorted((a, b) => count(b) - count(a))[0] ?? null;
}

/** Whether a text is a time that names no zone. */
export function isLocal(text: string): boolean {
  const match = DATE.exec(text.trim());
  return match !== null && match[10] === undefined;
}

/** Whether a text is a day of a spreadsheet: `46054.5`. */
export function isSerial(text: string): boolean {
  const days = Number(text);
  return /^\d{5}(?:[.,]\d+)?$/.test(text) && !(days < SERIAL_FIRST) && !(days >= SERIAL_END);
}

/** Which part of `02/03/2026` is the day: true the first, false the second, null it may be either; undefined: no such date. */
export function dayFirstOf(text: string): boolean | null | undefined {
  const match = DATE.exec(text.trim());
  if (match === null || match[1].length === 4 || match[2] === ".") return undefined;
  if (Number(match[1]) > 12) return true;
  return Number(match[3]) > 12 ? false : null;
}

/** Local times that come twice: what the last one was taken for, by series. */
export type Twice = Record<string, number>;

export interface TimeReader {
  /** `series`: whose order in the file tells the two hours of autumn apart. */
  read(text: string, series: string): Time;
  /** What a later reader has to be given to continue. */
  twice(): Twice;
}

type TimeOptions = Pick<ImportOptions, "precision" | "zone" | "dayFirst"> & {
  /** The file begins with its latest times. */
  newestFirst?: boolean;
  /** Numbers are days of a spreadsheet. */
  serials?: boolean;
};

/** Reads the times of one file, in its order. */
export function createTimeReader(options: TimeOptions, before: Twice = {}): TimeReader {
  const { precision = "ms", zone, dayFirst, newestFirst = false, serials = false } = options;
  const twice = new Map(Object.entries(before));
  const minutes = minuteReader(zone);

  /** One of the two moments of a local time: that which follows the one before. */
  function oneOf([first, second]: readonly [number, number], restMs: number, series: string) {
    if (first === second) {
      if (twice.size > 0) twice.delete(series);
      return first + restMs;
    }
    const [likely, other] = newestFirst ? [second, first] : [first, second];
    const last = twice.get(series);
    const follows = last === undefined ||
      (newestFirst ? likely + restMs < last : likely + restMs > last);
    const tMs = (follows ? likely : other) + restMs;
    twice.set(series, tMs);
    return tMs;
  }

  function ofDate(text: string, series: string): Time {
    const match = DATE.exec(text);
    if (match === null) return notATime(text);
    const [, a, sign, b, c, hour, minute = ":00", second = "00", fraction = "", half, offset] =
      match;
    const date = dateOf(a, sign, b, c, dayFirst);
    if (date === null) return notATime(text);
    if (date === EITHER) {
      return `${quoted(text)} may be two days: say whether the day or the month comes first`;
    }
    const hours = hourOf(hour ?? "0", half);
    if (hours === null || Number(second) > 59) return notATime(text);
    const local = `${date}T${hours}${minute}`;
    const moments = minutes(local, offset);
    if (typeof moments === "string") {
      return moments === "" ? notATime(text) : `the time ${quoted(text)} ${moments}`;
    }
    return oneOf(
      moments,
      Number(second) * 1000 + Number(fraction.padEnd(3, "0").slice(0, 3)),
      series,
    );
  }

  function ofSerial(text: string, series: string): Time {
    if (!isSerial(text)) return notATime(text);
    const ms = Math.round(Number(text.replace(",", ".")) * DAY_MS);
    const minute = SERIAL_ZERO.toPlainDateTime().add({ minutes: Math.floor(ms / 60_000) });
    const moments = minutes(minute.toString({ smallestUnit: "minute" }), undefined);
    if (typeof moments === "string") return `the time ${quoted(text)} ${moments}`;
    return oneOf(moments, ms % 60_000, series);
  }

  return {
    read(raw, series) {
      const text = raw.trim();
      if (text === "") return "there is no time";
      if (NUMBER.test(text) || serials && isSerial(text)) {
        return serials ? ofSerial(text, series) : timeOfEpoch(text, precision);
      }
      const tMs = ofDate(text, series);
      if (typeof tMs === "string" || (tMs >= EARLIEST_MS && tMs < LATEST_MS)) return tMs;
      return `the time ${quoted(text)} is ${dayWords(tMs)}; ${ALLOWED}`;
    },
    twice: () => Object.fromEntries(twice),
  };
}

function notATime(text: string): string {
  return `${quoted(text)} is no time; allowed are ISO 8601 (2026-02-01T14:00:00Z), 25.02.2026 ` +
    "14:00, and seconds to nanoseconds since 1970";
}

const EITHER = "either";

function dateOf(
  a: string,
  sign: string,
  b: string,
  c: string,
  dayFirst: boolean | undefined,
): string | null {
  const two = (text: string) => text.padStart(2, "0");
  if (a.length === 4) return c.length <= 2 ? `${a}-${two(b)}-${two(c)}` : null;
  if (c.length !== 4 || a.length > 2) return null;
  const first = sign === "." || (dayFirst ?? dayFirstOf(`${a}/${b}/${c}`));
  if (first === null && a !== b) return EITHER;
  const [day, month] = first ? [a, b] : [b, a];
  return `${c}-${two(month)}-${two(day)}`;
}

function hourOf(text: string, half: string | undefined): string | null {
  const hour = Number(text);
  if (half === undefined) return hour < 24 ? text.padStart(2, "0") : null;
  if (hour < 1 || hour > 12) return null;
  return String(hour % 12 + (half.toLowerCase() === "p" ? 12 : 0)).padStart(2, "0");
}

/**
 * The moments of a minute: of a local time two that differ in the hour that autumn has twice. Text: why there is
 * none; empty: no such day. Most times share the minute of the one before, so that is kept.
 */
function minuteReader(zone: string | undefined) {
  let lastKey = "";
  let last: readonly [number, number] | string = "";

  function moments(local: string, offset: string | undefined): readonly [number, number] | string {
    try {
      if (offset !== undefined) {
        const sign = /^[+-]/.test(offset) ? offset : "Z";
        const { epochMilliseconds } = Temporal.Instant.from(`${local}${sign}`);
        return [epochMilliseconds, epochMilliseconds];
      }
      const plain = Temporal.PlainDateTime.from(local, { overflow: "reject" });
      if (zone === undefined) return "names no zone, and none was given";
      const first = plain.toZonedDateTime(zone, { disambiguation: "earlier" });
      if (!first.toPlainDateTime().equals(plain)) {
        return `does not exist in ${zone}: the clocks go forward`;
      }
      const second = plain.toZonedDateTime(zone, { disambiguation: "later" });
      return [first.epochMilliseconds, second.epochMilliseconds];
    } catch {
      return "";
    }
  }

  return (local: string, offset: string | undefined) => {
    const key = local + (offset ?? "");
    if (key !== lastKey) [lastKey, last] = [key, moments(local, offset)];
    return last;
  };
}

/** @throws PerchError `validation` when it is none */
export function checkZone(zone: string): void {
  try {
    Temporal.Now.zonedDateTimeISO(zone);
  } catch {
    throw new PerchError(
      "validation",
      `${quoted(zone)} is no time zone, as Europe/Berlin or UTC is`,
      {
        errors: [{ path: "zone", message: "a name such as Europe/Berlin" }],
      },
    );
  }
}
