/** How long readings are kept, and which are accepted. */
import { z } from "zod";
import { adminOnly, setting, whole } from "../setting.ts";

/** A year and a month: what is compared with last year's is there by the minute. */
export const MINUTE_DAYS = 400;

/** What is summed up is never kept shorter than what it is made of; 0 keeps all. */
function notShorter(other: string, place: "above" | "below") {
  return (days: number, get: (key: string) => unknown): string | null => {
    const than = Number(get(other));
    if (days === 0 || than === 0) return null;
    const isShorter = place === "above" ? than < days : days < than;
    if (!isShorter) return null;
    return place === "above"
      ? `${other} is ${than}, and what is summed up is kept at least as long; raise that first, or set it to 0`
      : `give at least the ${than} of ${other}, as what is summed up is kept at least as long, or 0`;
  };
}

export const READING_SETTINGS = {
  "retention.days": setting({
    category: "Keeping readings",
    title: "Keep the readings themselves for",
    help:
      "Older ones are summed up in small steps: of each minute the number, least, mean and largest " +
      "value stay. 0 keeps all readings.",
    schema: whole(0, 36_500),
    beside: notShorter("retention.minute_days", "above"),
    default: 0,
    unit: "days",
    see: "viewer",
    change: "admin",
  }),
  "retention.minute_days": setting({
    category: "Keeping readings",
    title: "Keep minutes for",
    help:
      "Older minutes are summed up to hours. At least as long as the readings themselves. 0 keeps " +
      "all minutes.",
    schema: whole(0, 36_500),
    beside: (days, get) =>
      notShorter("retention.days", "below")(days, get) ??
        notShorter("retention.hour_days", "above")(days, get),
    default: MINUTE_DAYS,
    unit: "days",
    see: "viewer",
    change: "admin",
  }),
  "retention.hour_days": setting({
    category: "Keeping readings",
    title: "Keep hours for",
    help: "Older hours are deleted. At least as long as minutes. 0 keeps all hours.",
    schema: whole(0, 36_500),
    beside: notShorter("retention.minute_days", "below"),
    default: 0,
    unit: "days",
    see: "viewer",
    change: "admin",
  }),
  "retention.max_database_mb": setting({
    category: "Keeping readings",
    title: "Largest history",
    help:
      "Beyond it the oldest readings are summed up to minutes, the oldest minutes to hours, and the " +
      "oldest hours deleted: minutes take at most 30 % of it, hours 10 %. What else is in the " +
      "database (the journal of the last hours, events, alarms) does not count. 0 sets no limit.",
    schema: whole(0, 100_000_000),
    default: 0,
    unit: "MB",
    see: "viewer",
    change: "admin",
  }),
  "storage.reserve_mb": setting({
    category: "Keeping readings",
    title: "Reserve for a full disk",
    help:
      "Perch keeps a file of this size (at most a sixteenth of the disk) and gives it up when the " +
      "disk is full, so that signing in, alarms and deleting still work. 0: none.",
    schema: whole(0, 10_000),
    default: 8,
    unit: "MB",
    ...adminOnly,
  }),
  "storage.floor_mb": setting({
    category: "Keeping readings",
    title: "Refuse readings below",
    help:
      "With less free room on the disk (at most a sixteenth of it) new readings are refused with " +
      "the reason; everything else goes on.",
    schema: whole(0, 100_000),
    default: 16,
    unit: "MB free",
    ...adminOnly,
  }),
  "intake.new_sensors": setting({
    category: "Sensors",
    title: "Register new sensors",
    help: "Off: readings of sensors that are not registered are refused (a closed site).",
    schema: z.boolean(),
    default: true,
    see: "viewer",
    change: "admin",
  }),
  "intake.new_sensors_per_hour": setting({
    category: "Sensors",
    title: "New sensors per hour",
    help: "More are refused with a visible reason until the hour has passed.",
    schema: whole(1, 1_000_000),
    default: 1000,
    unit: "per hour",
    see: "viewer",
    change: "admin",
  }),
} as const;
