/** When a schedule is due, in the site's zone. Pure. */
import { Cron } from "croner";
import { HOUR_MS } from "../../words/times.ts";

/** Two reports of one schedule are at least so far apart. */
const LEAST_MS = HOUR_MS;
/** So many times are looked at. */
const LOOKED_AT = 5;
const CRON = /^(\S+ ){4}\S+$/;
const TWO = (n: number) => String(n).padStart(2, "0");
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** Why this is no time for a report; null: it is one. */
export function cronFault(cron: string, zone: string, nowMs: number): string | null {
  const example = "five fields such as 0 6 * * 1 (Mondays at 06:00)";
  if (!CRON.test(cron)) return `"${cron.slice(0, 60)}" is not cron: give ${example}`;
  let runs: Date[];
  try {
    runs = planOf(cron, zone).nextRuns(LOOKED_AT, new Date(nowMs));
  } catch {
    return `"${cron.slice(0, 60)}" is not cron: give ${example}`;
  }
  if (runs.length === 0) return "that time never comes";
  const isClose = runs.some((run, i) => i > 0 && run.getTime() - runs[i - 1].getTime() < LEAST_MS);
  return isClose ? "a report is made once an hour at most" : null;
}

/** The next time after `afterMs`; null: there is none. */
export function nextMs(cron: string, zone: string, afterMs: number): number | null {
  return planOf(cron, zone).nextRun(new Date(afterMs))?.getTime() ?? null;
}

/**
 * The latest time after `sinceMs` that has come by `nowMs`; null: none has. What was missed while Perch did not run is
 * one report, not many.
 */
export function dueMs(
  cron: string,
  zone: string,
  { sinceMs, nowMs }: { sinceMs: number; nowMs: number },
): number | null {
  // What it is asked for does not count itself, and it counts whole seconds.
  const after = Math.floor(nowMs / 1_000) * 1_000 + 1_000;
  const [latest] = planOf(cron, zone).previousRuns(1, new Date(after));
  const atMs = latest?.getTime() ?? -Infinity;
  return atMs > sinceMs && atMs <= nowMs ? atMs : null;
}

const planOf = (cron: string, zone: string) => new Cron(cron, { timezone: zone, paused: true });

/** A time as people choose it. */
export type Every =
  | { every: "daily"; time: string }
  | { every: "weekly"; time: string; weekday: number }
  | { every: "monthly"; time: string; day: number };

/** As cron; a weekday counts from Sunday, 0. */
export function cronOf(when: Every): string {
  const [hour, minute] = when.time.split(":").map(Number);
  const day = when.every === "monthly" ? when.day : "*";
  const weekday = when.every === "weekly" ? when.weekday : "*";
  return `${minute} ${hour} ${day} * ${weekday}`;
}

/** The opposite, for what a person could have chosen; null: it was written as cron. */
export function everyOf(cron: string): Every | null {
  const found = /^(\d{1,2}) (\d{1,2}) (\*|\d{1,2}) \* (\*|[0-6])$/.exec(cron);
  if (found === null) return null;
  const [, minute, hour, day, weekday] = found;
  const time = `${TWO(Number(hour))}:${TWO(Number(minute))}`;
  if (day === "*") {
    return weekday === "*"
      ? { every: "daily", time }
      : { every: "weekly", time, weekday: Number(weekday) };
  }
  return weekday === "*" && Number(day) <= 28 ? { every: "monthly", time, day: Number(day) } : null;
}

export function whenWords(cron: string): string {
  const when = everyOf(cron);
  switch (when?.every) {
    case "daily":
      return `Every day at ${when.time}`;
    case "weekly":
      return `${DAYS[when.weekday]}s at ${when.time}`;
    case "monthly":
      return `On day ${when.day} of each month at ${when.time}`;
    default:
      return `By cron: ${cron}`;
  }
}
