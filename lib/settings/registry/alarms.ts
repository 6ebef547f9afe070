/** What raises alarms, and when they repeat, flap, resolve and escalate. */
import { z } from "zod";
import { CUSTOM } from "../../words/detectors.ts";
import { SEVERITIES, type Severity } from "../../words/severity.ts";
import { namesOf, setting, whole } from "../setting.ts";

/** What can raise alarms: detectors (those that somebody wrote in one), and the predictions of machines. */
export const ALARM_RAISERS = [
  "threshold",
  "rate",
  "stuck",
  "silence",
  "streaming",
  "departure",
  "zscore",
  "prediction",
  CUSTOM,
] as const;
const raisers = z.string().refine(
  (names) => namesOf(names).every((name) => (ALARM_RAISERS as readonly string[]).includes(name)),
  `must be some of ${ALARM_RAISERS.join(", ")}, with commas between them`,
);

export const ALARM_SETTINGS = {
  "alarms.raised_by": setting({
    category: "Alarms",
    title: "Alarms are raised by",
    help: `Some of ${ALARM_RAISERS.join(", ")}, with commas between them.`,
    schema: raisers,
    default: "threshold, rate, stuck, silence, departure, streaming, prediction, custom",
    see: "viewer",
    change: "admin",
  }),
  "alarms.least_severity": setting<Severity>({
    category: "Alarms",
    title: "Least severity",
    help: "What is less severe raises no alarm. Info: also hints, such as one odd reading of a " +
      "sensor; they are listed, are not sent and open no ticket.",
    schema: z.enum(SEVERITIES),
    default: "info",
    see: "viewer",
    change: "admin",
  }),
  "alarms.repeat_minutes": setting({
    category: "Alarms",
    title: "Repeats count up within",
    help: "A cause that returns within this time belongs to the same alarm.",
    schema: whole(1, 1440),
    default: 5,
    unit: "minutes",
    see: "viewer",
    change: "admin",
  }),
  "alarms.flapping_times": setting({
    category: "Alarms",
    title: "Flapping after",
    help:
      "An alarm that comes this often within the time above stays open and silent until it rests.",
    schema: whole(2, 20),
    default: 4,
    unit: "times",
    see: "viewer",
    change: "admin",
  }),
  "alarms.resolve_when_clear": setting<"always" | "acknowledged">({
    category: "Alarms",
    title: "When the condition returns to normal",
    help:
      "always: the alarm resolves by itself. acknowledged: it stays open until somebody acknowledges it.",
    schema: z.enum(["always", "acknowledged"]),
    default: "always",
    see: "viewer",
    change: "admin",
  }),
  "alarms.quiet_minutes": setting({
    category: "Alarms",
    title: "Odd readings are over after",
    help: "An alarm of single odd readings resolves after this long without another.",
    schema: whole(1, 10_080),
    default: 60,
    unit: "minutes",
    see: "viewer",
    change: "admin",
  }),
  "alarms.escalate_minutes": setting({
    category: "Alarms",
    title: "Escalate after",
    help: "When nobody has acknowledged an alarm for this long, it is sent again. 0: never.",
    schema: whole(0, 10_080),
    default: 0,
    unit: "minutes",
    see: "viewer",
    change: "admin",
  }),
  "alarms.keep_days": setting({
    category: "Alarms",
    title: "Keep resolved alarms",
    help: "Older ones are deleted with their history in small steps.",
    schema: whole(1, 36_500),
    default: 730,
    unit: "days",
    see: "viewer",
    change: "admin",
  }),
} as const;
