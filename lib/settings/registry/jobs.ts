/** Files of exports and reports. */
import { adminOnly, setting, whole } from "../setting.ts";

export const JOB_SETTINGS = {
  "jobs.keep_days": setting({
    category: "Exports and reports",
    title: "Keep files for",
    help: "Files of exports and reports are deleted when they are older; of each kind the newest " +
      "50 are kept.",
    schema: whole(1, 3_650),
    default: 30,
    unit: "days",
    ...adminOnly,
  }),
  "jobs.most_mb": setting({
    category: "Exports and reports",
    title: "All files at most",
    help: "The oldest are deleted beyond it. A file that would be larger by itself is not made.",
    schema: whole(10, 10_000_000),
    default: 2_000,
    unit: "MB",
    ...adminOnly,
  }),
} as const;
