/** The event log, and what other programs may report. */
import { setting, whole } from "../setting.ts";

export const EVENT_SETTINGS = {
  "events.keep_days": setting({
    category: "Events",
    title: "Keep events",
    help: "Older ones are deleted in small steps; those of alarms and tickets go with them.",
    schema: whole(1, 36_500),
    default: 365,
    unit: "days",
    see: "viewer",
    change: "admin",
  }),
  "events.most": setting({
    category: "Events",
    title: "Events at most",
    help: "Of more than this the oldest are deleted, whatever they are of. 100 000 take about " +
      "100 MB.",
    schema: whole(1_000, 10_000_000),
    default: 100_000,
    see: "viewer",
    change: "admin",
  }),
} as const;
