/** The axis of time: round moments on the clocks of a zone. Pure. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../words/times.ts";

export interface TimeTick {
  tMs: number;
  label: string;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SHORT_STEPS_MS = [1, 2, 5, 10, 15, 30].flatMap((n) => [n * 1000, n * MINUTE_MS])
  .sort((a, b) => a - b);
const HOURS = [1, 2, 3, 6, 12];
const DAYS = [1, 2, 5, 10];
const MONTH_STEPS = [1, 3, 6, 12, 24, 60, 120];

/** At most `most` moments from `fromMs` on, before or at `toMs`. */
export function timeTicks(fromMs: number, toMs: number, zone: string, most: number): TimeTick[] {
  const least = (toMs - fromMs) / Math.max(1, most);
  if (!(least > 0)) return [];
  const short = SHORT_STEPS_MS.find((step) => step >= least);
  if (short !== undefined) return clockTicks(fromMs, toMs, zone, short);
  const hours = HOURS.find((step) => step * HOUR_MS >= least);
  if (hours !== undefined) return hourTicks(fromMs, toMs, zone, hours);
  const days = DAYS.find((step) => step * DAY_MS >= least);
  if (days !== undefined) return dayTicks(fromMs, toMs, zone, days);
  const months = MONTH_STEPS.find((step) => step * 30.4 * DAY_MS >= least) ??
    12 * Math.ceil(least / (365 * DAY_MS));
  return monthTicks(fromMs, toMs, zone, months);
}

type Zoned = Temporal.ZonedDateTime;

function zoned(tMs: number, zone: string): Zoned {
  return Temporal.Instant.fromEpochMilliseconds(Math.trunc(tMs)).toZonedDateTimeISO(zone);
}

/** Less than an hour apart: by what the clock shows, which is not UTC's where a zone is half an hour off. */
function clockTicks(fromMs: number, toMs: number, zone: string, stepMs: number): TimeTick[] {
  const ticks = [];
  const ahead = zoned(fromMs, zone).offsetNanoseconds / 1e6;
  for (let t = Math.ceil((fromMs + ahead) / stepMs) * stepMs - ahead; t <= toMs; t += stepMs) {
    const at = zoned(t, zone);
    const clock = at.toPlainTime().toString().slice(0, stepMs < MINUTE_MS ? 8 : 5);
    ticks.push({ tMs: t, label: ticks.length === 0 ? `${dayLabel(at)} ${clock}` : clock });
  }
  return ticks;
}

/** Hours of each day: the day that changes the clocks has its own, and an hour that does not exist has none. */
function hourTicks(fromMs: number, toMs: number, zone: string, step: number): TimeTick[] {
  const ticks = [];
  for (let day = zoned(fromMs, zone).startOfDay(); day.epochMilliseconds <= toMs;) {
    for (let hour = 0; hour < 24; hour += step) {
      const at = hour === 0 ? day : day.with({ hour });
      const tMs = at.epochMilliseconds;
      if (at.hour !== hour || tMs < fromMs || tMs > toMs) continue;
      ticks.push({ tMs, label: hour === 0 ? dayLabel(at) : `${two(hour)}:00` });
    }
    day = day.add({ days: 1 }).startOfDay();
  }
  return ticks;
}

/** Counted from the first of each month; the last ones that would touch the next month's first are left out. */
function dayTicks(fromMs: number, toMs: number, zone: string, step: number): TimeTick[] {
  const ticks = [];
  for (let day = zoned(fromMs, zone).startOfDay(); day.epochMilliseconds <= toMs;) {
    const tMs = day.epochMilliseconds;
    const isRound = step === 1 || ((day.day - 1) % step === 0 && day.day - 1 + step / 2 < 30);
    if (isRound && tMs >= fromMs) ticks.push({ tMs, label: dayLabel(day) });
    day = day.add({ days: 1 }).startOfDay();
  }
  return ticks;
}

function monthTicks(fromMs: number, toMs: number, zone: string, step: number): TimeTick[] {
  const ticks = [];
  let month = zoned(fromMs, zone).with({ day: 1 }).startOfDay();
  const since = (at: Zoned) => at.year * 12 + at.month - 1;
  while (month.epochMilliseconds <= toMs) {
    const tMs = month.epochMilliseconds;
    if (since(month) % step === 0 && tMs >= fromMs) ticks.push({ tMs, label: monthLabel(month) });
    month = month.add({ months: 1 }).startOfDay();
  }
  return ticks;
}

function dayLabel({ day, month }: Zoned): string {
  return `${day} ${MONTHS[month - 1]}`;
}

function monthLabel({ month, year }: Zoned): string {
  return `${MONTHS[month - 1]} ${year}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
