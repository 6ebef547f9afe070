/** When backups are made, and how long they are kept. */
import { z } from "zod";
import { adminOnly, setting, whole } from "../setting.ts";

/** How often backups are made by themselves. */
export const BACKUP_SCHEDULES = ["off", "six-hourly", "daily", "weekly"] as const;
export type BackupSchedule = typeof BACKUP_SCHEDULES[number];

export const BACKUP_SETTINGS = {
  "backup.schedule": setting<BackupSchedule>({
    category: "Backups",
    title: "Make backups",
    help:
      "By themselves, while readings go on; weekly ones on Sundays. One that was missed while Perch " +
      "was off is made soon after the start.",
    schema: z.enum(BACKUP_SCHEDULES),
    default: "daily",
    ...adminOnly,
  }),
  "backup.time": setting({
    category: "Backups",
    title: "Time of the backup",
    help: "Hour and minute in the site's time zone, such as 03:00.",
    schema: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "give a time from 00:00 to 23:59"),
    default: "03:00",
    ...adminOnly,
  }),
  "backup.keep_days": setting({
    category: "Backups",
    title: "Delete backups after",
    help: "Older ones are deleted once a newer one was made and checked; the newest always stays.",
    schema: whole(1, 3650),
    default: 14,
    unit: "days",
    ...adminOnly,
  }),
} as const;
