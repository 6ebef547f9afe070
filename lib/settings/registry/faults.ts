/** What is wrong with Perch itself, and corrections of it. */
import { adminOnly, setting, whole } from "../setting.ts";

export const FAULT_SETTINGS = {
  "faults.watch_s": setting({
    category: "Faults",
    title: "Watch a correction for",
    help: "When its component does worse than before in this time, it is taken back by itself.",
    schema: whole(5, 3600),
    default: 60,
    unit: "s",
    ...adminOnly,
  }),
} as const;
