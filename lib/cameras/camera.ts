/** What a camera is, and what people set of it. */
import { z } from "zod";

/** What may be set of every camera, whatever its kind. Times in the unit of the name. */
export const cameraSettingsSchema = z.strictObject({
  fps: z.number().min(0.2).max(30).default(5).meta({
    title: "Pictures a second",
    description: "While somebody watches; without, one a second. What comes as JPEG is not slowed.",
  }),
  width: z.int().min(160).max(3840).default(960).meta({
    title: "Width, pixels",
    description: "Of the live picture where it has to be encoded; never larger than the camera's.",
  }),
  still_every_s: z.int().min(0).max(86_400).default(0).meta({
    title: "Keep a picture every, seconds",
    description: "0: none by time. A picture a minute is some 90 MB a day.",
  }),
  keep_days: z.int().min(1).max(3650).default(14).meta({ title: "Keep pictures, days" }),
  keep_mb: z.int().min(10).max(1_000_000).default(1_000).meta({
    title: "Keep pictures, MB at most",
    description: "The oldest go first.",
  }),
  on_alarm: z.boolean().default(true).meta({
    title: "Keep pictures of alarms",
    description: "Before and after each alarm of the machine that it looks at.",
  }),
  frozen_after_s: z.int().min(5).max(3_600).default(15).meta({
    title: "Frozen after, seconds",
    description: "The same picture for so long. More for a scene in which nothing moves at night.",
  }),
  black_after_s: z.int().min(3).max(3_600).default(10).meta({
    title: "Black or covered after, seconds",
  }),
  failures_warning: z.int().min(1).max(1_000).default(5).meta({
    title: "Warning after, failures in a row",
  }),
  failures_critical: z.int().min(1).max(1_000).default(10).meta({
    title: "Critical after, failures in a row",
  }),
  power_cycle_url: z.union([z.literal(""), z.string().trim().max(2000)]).default("").meta({
    title: "Switch off and on by, address",
    description:
      "Called (POST) when nothing else helps, at most once in 6 hours: a switched socket " +
      "or PoE port. Empty: the control below, or somebody is asked to do it.",
  }),
  power_output: z.string().trim().max(80).default("").meta({
    title: "Switch off and on by, control",
    description:
      "Id of a switch that Perch can order (it stands in the address of its page): off, " +
      "and on after ten seconds. At most once in 6 hours; not one that is marked dangerous.",
  }),
});
export type CameraSettings = z.output<typeof cameraSettingsSchema>;

/** A camera, its secrets opened. */
export interface Camera {
  id: string;
  name: string;
  /** Of `kinds/mod.ts`. */
  kind: string;
  /** Valid for its kind, with secrets. Never in an answer, a log or an event. */
  options: Record<string, unknown>;
  settings: CameraSettings;
  machineId: string | null;
  /** `192.168.1.20:554`: the address and port that an admin allowed. */
  allowed: string | null;
  enabled: boolean;
}
