/** Deliveries and digests. */
import { setting, whole } from "../setting.ts";

export const NOTIFY_SETTINGS = {
  "notify.storm_messages": setting({
    category: "Notifications",
    title: "Messages before a digest",
    help: "More than this to one channel within the time below become one message.",
    schema: whole(1, 10_000),
    default: 20,
    see: "viewer",
    change: "admin",
  }),
  "notify.storm_minutes": setting({
    category: "Notifications",
    title: "Time of a digest",
    help:
      "Messages are counted over this time, and a digest is sent this often while there are too many.",
    schema: whole(1, 1440),
    default: 5,
    unit: "minutes",
    see: "viewer",
    change: "admin",
  }),
  "notify.keep_days": setting({
    category: "Notifications",
    title: "Keep deliveries",
    help: "Older ones that are finished are deleted with their tries in small steps.",
    schema: whole(1, 3_650),
    default: 90,
    unit: "days",
    see: "viewer",
    change: "admin",
  }),
} as const;
