/**
 * Maintenance windows. A weekly one is told in local time: from `start` on the given days to the next
 * `end`, so the night of a clock change is an hour shorter or longer. A start that the change leaves out
 * counts from the moment of the change; one that comes twice counts from the first.
 */
import { Cron } from "croner";
import { z } from "zod";
import { isUnder } from "./machine.ts";

const HOUR_MS = 3_600_000;
/** The longest window ends within a day of its start, and that day may have 25 hours. */
const LONGEST_MS = 26 * HOUR_MS;
/** A start is looked for this far ahead. */
const ONCE_MOST_MS = 366 * 24 * HOUR_MS;

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time as 22:30");

export const timingSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("once"),
    from: z.number().int().min(0).max(8e15).describe("epoch ms"),
    to: z.number().int().min(0).max(8e15).describe("epoch ms"),
  }).refine(({ from, to }) => from < to, { path: ["to"], message: "must be after from" })
    .refine(({ from, to }) => to - from <= ONCE_MOST_MS, {
      path: ["to"],
      message: "must be at most a year after from",
    }),
  z.strictObject({
    kind: z.literal("weekly"),
    days: z.array(z.enum(DAYS)).min(1, "choose at least one day").max(7),
    start: time.describe("local time, 22:00"),
    end: time.describe("local time; at or before start: on the next day"),
  }),
]);
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
  const starts = daily(timing.start, zone, timing.days.join(","));
  const ends = daily(timing.end, zone, "*");
  let at = starts.nextRun(new Date(nowMs - LONGEST_MS));
  while (at !== null) {
    const end = ends.nextRun(at);
    if (end === null) return null;
    if (nowMs < end.getTime()) return { fromMs: at.getTime(), toMs: end.getTime() };
    at = starts.nextRun(at);
  }
  return null;
}

/** True when `nowMs` lies in the window. */
export function isOpen(timing: Timing, nowMs: number, zone: string): boolean {
  const span = spanAt(timing, nowMs, zone);
  return span !== null && span.fromMs <= nowMs;
}

function daily(at: string, zone: string, days: string): Cron {
  const [hour, minute] = at.split(":").map(Number);
  return new Cron(`0 ${minute} ${hour} * * ${days}`, { timezone: zone, paused: true });
}

/** Says which window, if any, a machine is in. Weekly stretches are worked out once and kept until they end. */
export function createWindowWatch(
  deps: { windows: () => readonly MaintenanceWindow[]; zone: string },
): (path: string, nowMs: number) => MaintenanceWindow | null {
  const spans = new Map<MaintenanceWindow, { span: Span | null; askedMs: number }>();

  function spanOf(window: MaintenanceWindow, nowMs: number): Span | null {
    const known = spans.get(window);
    // Before the time it was worked out for (the clock was set back) it says nothing.
    if (known && nowMs >= known.askedMs && (known.span === null || nowMs < known.span.toMs)) {
      return known.span;
    }
    const span = spanAt(window.timing, nowMs, deps.zone);
    spans.set(window, { span, askedMs: nowMs });
    return span;
  }

  return (path, nowMs) => {
    const windows = deps.windows();
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
