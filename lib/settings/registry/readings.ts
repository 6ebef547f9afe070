/** How long readings are kept, and which are accepted. */
import { z } from "zod";
import { adminOnly, setting, whole } from "../setting.ts";

export const READING_SETTINGS = {
  "retention.days": setting({
    category: "Keeping readings",
    title: "Delete readings after",
    help: "Readings older than this are deleted in small steps. 0 keeps all.",
    schema: whole(0, 36_500),
    default: 0,
    unit: "days",
    see: "viewer",
    change: "admin",
  }),
  "retention.max_database_mb": setting({
    category: "Keeping readings",
    title: "Largest history",
    help:
      "Beyond it the oldest readings are deleted. What else is in the database (the journal of " +
      "the last hours, events, alarms) does not count. 0 sets no limit.",
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
