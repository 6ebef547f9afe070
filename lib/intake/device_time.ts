import { LATEST_MS } from "../readings/reading.ts";
import { DAY_MS } from "../words/times.ts";

/*
 * Whether a device's time can be right. What cannot is not believed: the reading is kept at its time of
 * arrival, flagged, so that a clock that is not set costs no value and one reading from the future does not
 * stand for the latest.
 */

/** How far a device's clock may be ahead of the host's. Its readings keep their time. */
export const AHEAD_MOST_MS = 5 * 60_000;

/** Why a device's time is not believed. */
export type ClockFault =
  /** A time before anything was measured: 1970, the first days of an unset clock. */
  | "unset"
  /** Later than the host's clock by more than `AHEAD_MOST_MS`. */
  | "ahead"
  /** What stands in the time's place is none. */
  | "unreadable";

/** GPS counts weeks in ten bits: a receiver that lost count is this far behind. */
const GPS_ROLLOVER_MS = 1024 * 7 * DAY_MS;
/** An RTC without a battery starts in 2000, and counts on for as long as it has power. */
const UNSET_UNTIL_MS = Date.UTC(2001, 0, 1);
/** Firmware that starts in a later year starts on the first of January, and is set or off within a day. */
const LAST_DEFAULT_YEAR = 2020;

/**
 * Null when a device's time is believed.
 * @param nowMs the host's clock; null while it cannot be trusted itself: nothing is compared with it then
 * @param live the reading came alone, as devices send; a batch may be history
 */
export function clockFault(tMs: number, nowMs: number | null, live: boolean): ClockFault | null {
  if (!(tMs >= UNSET_UNTIL_MS)) return "unset";
  if (tMs >= LATEST_MS) return "ahead";
  if (nowMs === null) return null;
  if (tMs > nowMs + AHEAD_MOST_MS) return "ahead";
  if (!live || nowMs - tMs < DAY_MS) return null;
  if (Math.abs(nowMs - tMs - GPS_ROLLOVER_MS) <= AHEAD_MOST_MS) return "unset";
  return isFirmwareDefault(tMs, nowMs) ? "unset" : null;
}

function isFirmwareDefault(tMs: number, nowMs: number): boolean {
  const year = new Date(tMs).getUTCFullYear();
  if (year > LAST_DEFAULT_YEAR || year >= new Date(nowMs).getUTCFullYear()) return false;
  return tMs - Date.UTC(year, 0, 1) < DAY_MS;
}

/** What a text says that stands in the place of a time. */
export function noTimeFault(written: string): ClockFault {
  return NOT_SET.test(written) ? "unset" : "unreadable";
}

/** Nothing, a number out of all years (seconds since the start), a date out of them: never set. */
const NOT_SET = /^(?:|null|false|-?\d+(?:\.\d+)?|\d{4}-\d\d-\d\d.*)$/;
