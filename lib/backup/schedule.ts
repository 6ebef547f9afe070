import { Cron } from "croner";
import type { BackupSchedule } from "../settings/registry/backup.ts";
import { DAY_MS, HOUR_MS } from "../words/times.ts";

/** When backups are made by themselves. */
export interface Schedule {
  every: BackupSchedule;
  /** `03:00`, in the site's zone. */
  at: string;
  /** IANA name. */
  zone: string;
}

/** What is known of the newest backup that was checked. */
export interface Newest {
  createdMs: number;
}

const INTERVAL_MS: Record<Schedule["every"], number | null> = {
  off: null,
  "six-hourly": 6 * HOUR_MS,
  daily: DAY_MS,
  weekly: 7 * DAY_MS,
};

/** Time between two backups; null: none are made by themselves. */
export function intervalMs({ every }: Pick<Schedule, "every">): number | null {
  return INTERVAL_MS[every];
}

/** The next time after `afterMs`; null: none are made by themselves. */
export function nextMs(schedule: Schedule, afterMs: number): number | null {
  const pattern = patternOf(schedule);
  if (pattern === null) return null;
  return new Cron(pattern, { timezone: schedule.zone }).nextRun(new Date(afterMs))?.getTime() ??
    null;
}

/**
 * Whether a backup should have been made by now and was not: also one that was missed while Perch was off, and that
 * once. `sinceMs` is when the plant began. A newest one from the future was made by a wrong clock and does not count.
 */
export function isDue(
  schedule: Schedule,
  { newest, sinceMs, nowMs }: { newest: Newest | null; sinceMs: number; nowMs: number },
): boolean {
  if (newest !== null && newest.createdMs > nowMs + HOUR_MS) return schedule.every !== "off";
  const next = nextMs(schedule, newest?.createdMs ?? Math.min(sinceMs, nowMs));
  return next !== null && next <= nowMs;
}

function patternOf({ every, at }: Schedule): string | null {
  const [hour, minute] = at.split(":").map(Number);
  switch (every) {
    case "off":
      return null;
    case "six-hourly":
      return `${minute} ${[0, 6, 12, 18].map((h) => (h + hour) % 24).join(",")} * * *`;
    case "daily":
      return `${minute} ${hour} * * *`;
    case "weekly":
      return `${minute} ${hour} * * 0`;
  }
}
