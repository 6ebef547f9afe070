/** How large the log files get, and how long they are kept. */
import { adminOnly, setting, whole } from "../setting.ts";

export const LOG_SETTINGS = {
  "logs.file_mb": setting({
    category: "Log files",
    title: "Size of a log file",
    help: "A file in logs/ of the data directory is put aside when it is so large, and every day.",
    schema: whole(1, 100),
    default: 5,
    unit: "MB",
    ...adminOnly,
  }),
  "logs.total_mb": setting({
    category: "Log files",
    title: "Log files together",
    help: "Beyond it the oldest files that were put aside are deleted.",
    schema: whole(1, 10_000),
    default: 50,
    unit: "MB",
    ...adminOnly,
  }),
  "logs.keep_days": setting({
    category: "Log files",
    title: "Keep log files",
    help: "Older ones are deleted. The event log in the database has its own history.",
    schema: whole(1, 3650),
    default: 30,
    unit: "days",
    ...adminOnly,
  }),
} as const;
