/** Stretches of time by name, in the site's zone. Pure. */
import { beginOfDay } from "../words/days.ts";

export const REPORT_RANGES = ["yesterday", "last_week", "last_month", "last_year"] as const;
export type ReportRange = typeof REPORT_RANGES[number];

export const RANGE_WORDS: Readonly<Record<ReportRange, string>> = {
  yesterday: "Yesterday",
  last_week: "Last week, Monday to Sunday",
  last_month: "Last month",
  last_year: "Last year",
};

/** The range as of a time: whole days, weeks, months of the zone's calendar, which end before that time. */
export function rangeAsOf(
  range: ReportRange,
  nowMs: number,
  zone: string,
): { fromMs: number; toMs: number } {
  const today = Temporal.Instant.fromEpochMilliseconds(Math.trunc(nowMs)).toZonedDateTimeISO(zone)
    .toPlainDate();
  const [from, to] = daysOf(range, today);
  return { fromMs: beginOfDay(from, zone), toMs: beginOfDay(to, zone) };
}

function daysOf(
  range: ReportRange,
  today: Temporal.PlainDate,
): [Temporal.PlainDate, Temporal.PlainDate] {
  switch (range) {
    case "yesterday":
      return [today.subtract({ days: 1 }), today];
    case "last_week": {
      const monday = today.subtract({ days: today.dayOfWeek - 1 });
      return [monday.subtract({ days: 7 }), monday];
    }
    case "last_month": {
      const first = today.with({ day: 1 });
      return [first.subtract({ months: 1 }), first];
    }
    case "last_year": {
      const first = today.with({ month: 1, day: 1 });
      return [first.subtract({ years: 1 }), first];
    }
  }
}

/**
 * The range by its days, for titles and names of files: `2026-11`, `2026`, `2026-11-24`, `2026-11-24 to 2026-11-30`;
 * with times where it does not begin or end with a day.
 */
export function rangeWords(fromMs: number, toMs: number, zone: string): string {
  const from = zoned(fromMs, zone), to = zoned(toMs, zone);
  if (!isMidnight(from) || !isMidnight(to)) return `${minute(from)} to ${minute(to)}`;
  const first = from.toPlainDate(), after = to.toPlainDate();
  const is = (end: Temporal.PlainDate) => end.equals(after);
  if (first.dayOfYear === 1 && is(first.add({ years: 1 }))) return String(first.year);
  if (first.day === 1 && is(first.add({ months: 1 }))) return first.toString().slice(0, 7);
  const last = after.subtract({ days: 1 });
  return first.equals(last) ? first.toString() : `${first} to ${last}`;
}

const zoned = (tMs: number, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(Math.trunc(tMs)).toZonedDateTimeISO(zone);
const isMidnight = (time: Temporal.ZonedDateTime) => time.equals(time.startOfDay());
const minute = (time: Temporal.ZonedDateTime) =>
  time.toPlainDateTime().toString({ smallestUnit: "minute" }).replace("T", " ");
