/**
 * Maintenance windows. A weekly one is given in local time: from `start` on the given days to `end` of that
 * day or the next, so the night of a clock change is an hour shorter or longer. A time that the change leaves
 * out is the moment of the change, so a window that lies completely in what is left out does not open that day;
 * a time that comes twice is the first.
 */
import { z } from "zod";
import { epochMs } from "../base/epoch.ts";
import { WEEKDAYS } from "../words/names.ts";
import { HOUR_MS } from "../words/times.ts";
import { isUnder } from "./machine.ts";

/** A start is looked for this far ahead. */
const ONCE_MOST_MS = 366 * 24 * HOUR_MS;
/** Days looked at for the next weekly stretch: one may fall out, and a change of zone may leave out a day. */
const DAYS_AHEAD = 22;

/** A time of day, local. */
export const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time as 22:30")
  .meta({ id: "ClockTime" });

export const timingSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("once"),
    from: epochMs,
    to: epochMs,
  }).refine(({ from, to }) => from < to, { path: ["to"], message: "must be after from" })
    .refine(({ from, to }) => to - from <= ONCE_MOST_MS, {
      path: ["to"],
      message: "must be at most a year after from",
    }),
  z.strictObject({
    kind: z.literal("weekly"),
    days: z.array(z.enum(WEEKDAYS)).min(1, "choose at least one day").max(7),
    start: clockTime.describe("local time, 22:00"),
    end: clockTime.describe("local time; at or before start: on the next day"),
  }),
]).meta({ id: "MaintenanceTiming" });
export type Timing = z.output<typeof timingSchema>;

export interface MaintenanceWindow {
  id: string;
  /** A machine, a part of the plant, or empty for all of it. */
  path: string;
  title: string;
  timing: Timing;
  createdMs: number;
  /** Deleted: counts for nothing, and can be restored. Null for all others. */
  deletedMs: number | null;
}

/** One stretch of time, its end exclusive. */
export interface Span {
  fromMs: number;
  toMs: number;
}

/** The stretch of a window that `nowMs` lies in, else the next one; null when there is none any more. */
export function spanAt(timing: Timing, nowMs: number, zone: string): Span | null {
  if (timing.kind === "once") {
    return nowMs < timing.to ? { fromMs: timing.from, toMs: timing.to } : null;
  }
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(zone)
    .toPlainDate();
  // A stretch that began two days ago may last where a day has more than 24 hours.
  for (let ahead = -2; ahead <= DAYS_AHEAD; ahead++) {
    const day = today.add({ days: ahead });
    if (!timing.days.includes(WEEKDAYS[day.dayOfWeek - 1])) continue;
    const last = timing.end <= timing.start ? day.add({ days: 1 }) : day;
    const fromMs = momentOf(day, timing.start, zone), toMs = momentOf(last, timing.end, zone);
    if (fromMs < toMs && nowMs < toMs) return { fromMs, toMs };
  }
  return null;
}

/** True when `nowMs` lies in the window. */
export function isOpen(timing: Timing, nowMs: number, zone: string): boolean {
  const span = spanAt(timing, nowMs, zone);
  return span !== null && span.fromMs <= nowMs;
}

/** When it is `time` (`02:30`) on a day: the first such moment, or that of the clock change that leaves it out. */
function momentOf(day: Temporal.PlainDate, time: string, zone: string): number {
  const local = day.toPlainDateTime(time);
  const after = local.toZonedDateTime(zone, { disambiguation: "later" });
  const moment = after.toPlainDateTime().equals(local)
    ? local.toZonedDateTime(zone, { disambiguation: "earlier" })
    // The one at `after` itself counts, too.
    : after.add({ nanoseconds: 1 }).getTimeZoneTransition("previous")!;
  return moment.epochMilliseconds;
}

/**
 * Says which window, if any, a machine is in. Weekly stretches are worked out once and kept until they end, or the
 * time zone changes.
 */
export function createWindowWatch(
  deps: { windows: () => readonly MaintenanceWindow[]; zone: () => string },
): (path: string, nowMs: number) => MaintenanceWindow | null {
  const spans = new Map<MaintenanceWindow, { span: Span | null; askedMs: number }>();
  let spansZone = deps.zone();

  function spanOf(window: MaintenanceWindow, nowMs: number): Span | null {
    const known = spans.get(window);
    // Before the time it was worked out for (the clock was set back) it is not valid.
    if (known && nowMs >= known.askedMs && (known.span === null || nowMs < known.span.toMs)) {
      return known.span;
    }
    const span = spanAt(window.timing, nowMs, spansZone);
    spans.set(window, { span, askedMs: nowMs });
    return span;
  }

  return (path, nowMs) => {
    const windows = deps.windows();
    if (windows.length === 0) return null;
    const zone = deps.zone();
    if (zone !== spansZone) {
      spans.clear();
      spansZone = zone;
    }
    if (spans.size > windows.length) {
      for (const window of spans.keys()) if (!windows.includes(window)) spans.delete(window);
    }
    return windows.find((window) => {
      if (!isUnder(path, window.path)) return false;
      const span = spanOf(window, nowMs);
      return span !== null && span.fromMs <= nowMs;
    }) ?? null;
  };
}
