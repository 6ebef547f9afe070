/** What a poll is, and what people set of it. */
import { z } from "zod";

/** Default of `every_s`. */
export const EVERY_S = 60;

/** What may be set of every poll, whatever its kind. Times in the unit of the name. */
export const pollSettingsSchema = z.strictObject({
  every_s: z.number().min(1).max(30 * 86_400).default(EVERY_S).meta({
    title: "Every, seconds",
    description: "From one asking to the next; a heartbeat must report as often.",
  }),
  timeout_s: z.number().min(0.1).max(120).default(10).meta({
    title: "Answer within, seconds",
  }),
  down_after: z.int().min(1).max(100).default(3).meta({
    title: "Down after, failures in a row",
  }),
  severity: z.enum(["none", "info", "warning", "critical"]).default("warning").meta({
    title: "Alarm while it is down",
    description: "none: no alarm.",
  }),
});
export type PollSettings = z.output<typeof pollSettingsSchema>;

/** Which of them mean something for what reports by itself. */
export const REPORTING_SETTINGS: readonly (keyof PollSettings)[] = ["every_s", "severity"];

/** A poll, its secrets opened. */
export interface Poll {
  id: string;
  name: string;
  /** Of `kinds/mod.ts`. */
  kind: string;
  /** Valid for its kind, with secrets. Never in an answer, a log or an event. */
  options: Record<string, unknown>;
  settings: PollSettings;
  /** Path of the machine that its readings come under. */
  machine: string;
  /** `192.168.1.20:502`: the address and port that an admin allowed. */
  allowed: string | null;
  enabled: boolean;
}
