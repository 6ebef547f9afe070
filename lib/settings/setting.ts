import { z } from "zod";
import { networkFault } from "../base/reach.ts";
import { SEVERITIES, type Severity } from "../words/severity.ts";

/** Who may see or change a setting: the role and those above it. */
export type SettingRole = "viewer" | "engineer" | "admin";

/** One setting, described once: validation, API, command line, help and form derive from it. */
export interface SettingDefinition<T = unknown> {
  category: string;
  title: string;
  help: string;
  schema: z.ZodType<T>;
  default: T;
  /** Shown beside the value: `days`, `MB`, `per minute`. */
  unit?: string;
  /** Can be written and never read again. */
  secret?: boolean;
  /** Takes effect at the next start. */
  restart?: boolean;
  see: SettingRole;
  change: SettingRole;
}

/** Types a definition from its schema. */
export function setting<T>(definition: SettingDefinition<T>): SettingDefinition<T> {
  return definition;
}

const whole = (least: number, most: number) => z.int().min(least).max(most);
const privateNetwork = z.string().max(64).superRefine((text, context) => {
  const fault = networkFault(text);
  if (fault !== null) context.addIssue({ code: "custom", message: fault });
});
/** What can raise alarms: detectors, and the predictions of machines. */
export const ALARM_RAISERS = [
  "threshold",
  "rate",
  "stuck",
  "silence",
  "streaming",
  "departure",
  "zscore",
  "prediction",
] as const;
const raisers = z.string().refine(
  (names) => namesOf(names).every((name) => (ALARM_RAISERS as readonly string[]).includes(name)),
  `must be some of ${ALARM_RAISERS.join(", ")}, with commas between them`,
);
/** Names of a list in a text, with commas between them. */
export function namesOf(text: string): string[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}
const adminOnly = { see: "admin", change: "admin" } as const;

/** The registry: every setting that can be changed while Perch runs. */
export const SETTINGS = {
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
  "machines.photos_mb": setting({
    category: "Machines",
    title: "Room for photos",
    help: "Further photos are refused with this reason. Pictures that are there stay.",
    schema: whole(0, 1_000_000),
    default: 500,
    unit: "MB",
    see: "viewer",
    change: "admin",
  }),
  "predictions.retrain_days": setting({
    category: "Predictions",
    title: "Train models anew after",
    help: "Machines without a model get one as soon as there is enough history. 0: models stay.",
    schema: whole(0, 365),
    default: 7,
    unit: "days",
    see: "viewer",
    change: "admin",
  }),
  "alarms.raised_by": setting({
    category: "Alarms",
    title: "Alarms are raised by",
    help: `Some of ${ALARM_RAISERS.join(", ")}, with commas between them.`,
    schema: raisers,
    default: "threshold, rate, stuck, silence, departure, streaming, prediction",
    see: "viewer",
    change: "admin",
  }),
  "alarms.least_severity": setting<Severity>({
    category: "Alarms",
    title: "Least severity",
    help: "What is less severe raises no alarm. Info: also hints, such as one odd reading of a " +
      "sensor; they are listed, and neither sent nor made a ticket.",
    schema: z.enum(SEVERITIES),
    default: "info",
    see: "viewer",
    change: "admin",
  }),
  "alarms.repeat_minutes": setting({
    category: "Alarms",
    title: "Repeats count up within",
    help: "What comes back within this time belongs to the same alarm.",
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
    title: "When the condition is over",
    help:
      "always: the alarm resolves by itself. acknowledged: it stays until somebody has seen it.",
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
    help: "When nobody has acknowledged an alarm for so long, it is told again. 0: never.",
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
    help: "So long messages are counted, and so often a digest is sent while there are too many.",
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
  "tickets.automatic": setting({
    category: "Tickets",
    title: "Alarms open tickets",
    help: "One for each alarm, outside maintenance. Off: people open them.",
    schema: z.boolean(),
    default: true,
    see: "viewer",
    change: "admin",
  }),
  "tickets.least_severity": setting<Severity>({
    category: "Tickets",
    title: "Least severity",
    help: "Alarms below it open no ticket.",
    schema: z.enum(SEVERITIES),
    default: "warning",
    see: "viewer",
    change: "admin",
  }),
  "attachments.file_mb": setting({
    category: "Attachments",
    title: "Largest file",
    help: "Files with alarms and tickets. Larger ones are refused.",
    schema: whole(1, 50),
    default: 10,
    unit: "MB",
    see: "viewer",
    change: "admin",
  }),
  "attachments.subject_mb": setting({
    category: "Attachments",
    title: "Files of one alarm or ticket",
    help: "All of them together; at most 100 files.",
    schema: whole(1, 1000),
    default: 50,
    unit: "MB",
    see: "viewer",
    change: "admin",
  }),
  "attachments.total_mb": setting({
    category: "Attachments",
    title: "All files",
    help: "Beyond it files are refused until some are removed; nothing is removed by itself.",
    schema: whole(1, 1_000_000),
    default: 1000,
    unit: "MB",
    see: "viewer",
    change: "admin",
  }),
  "access.wrong_sign_ins": setting({
    category: "Access",
    title: "Wrong sign-ins",
    help: "So many in five minutes per account and address; then further ones wait.",
    schema: whole(3, 20),
    default: 5,
    unit: "in 5 minutes",
    ...adminOnly,
  }),
  "access.session_idle_days": setting({
    category: "Access",
    title: "Sign out after",
    help: "A browser that was not used for so long is signed out; after 30 days it is anyway.",
    schema: whole(1, 30),
    default: 7,
    unit: "days without use",
    ...adminOnly,
  }),
  "access.requests_per_second": setting({
    category: "Access",
    title: "Requests per second",
    help:
      "Per person, key or address, with a burst of ten times as many. Ingest has its own limit.",
    schema: whole(5, 10_000),
    default: 30,
    unit: "per second",
    ...adminOnly,
  }),
  "thingspeak.channel": setting({
    category: "ThingSpeak",
    title: "Channel",
    help: "Number of the channel that readings are uploaded to. Empty: none is.",
    schema: z.string().regex(/^\d{0,12}$/, "must be a number, or empty"),
    default: "",
    ...adminOnly,
  }),
  "thingspeak.write_key": setting({
    category: "ThingSpeak",
    title: "Write key",
    help: "Of the channel's API keys.",
    schema: z.string().max(100),
    default: "",
    secret: true,
    ...adminOnly,
  }),
  "thingspeak.read_key": setting({
    category: "ThingSpeak",
    title: "Read key",
    help: "To read back a channel that is not public.",
    schema: z.string().max(100),
    default: "",
    secret: true,
    ...adminOnly,
  }),
  "thingspeak.fields": setting({
    category: "ThingSpeak",
    title: "Sensors",
    help:
      "Names of the sensors of field 1 to 8, with commas between them. Empty: the first eight " +
      "number sensors.",
    schema: z.string().max(4000).refine((names) => namesOf(names).length <= 8, "eight at most"),
    default: "",
    ...adminOnly,
  }),
  "thingspeak.interval_s": setting({
    category: "ThingSpeak",
    title: "Time between two values",
    help: "A free account takes one every 15 s.",
    schema: whole(15, 86_400),
    default: 15,
    unit: "s",
    ...adminOnly,
  }),
  "outgoing.allowed_networks": setting({
    category: "Outgoing connections",
    title: "Private networks that may be reached",
    help: "Webhooks, mail and other channels reach the internet and these networks only, e.g. " +
      "192.168.1.0/24. This host itself can be allowed in the environment alone (OUTGOING_NETWORKS).",
    schema: z.array(privateNetwork).max(100),
    default: [] as string[],
    ...adminOnly,
  }),
} as const;

export type SettingKey = keyof typeof SETTINGS;
export type SettingValue<K extends SettingKey> = z.output<typeof SETTINGS[K]["schema"]>;

/** A setting as API and form show it. */
export interface SettingView {
  key: string;
  category: string;
  title: string;
  help: string;
  unit: string | null;
  /** JSON Schema of the value. */
  schema: unknown;
  secret: boolean;
  /** Takes effect at the next start. */
  restart: boolean;
  /** Role that may change it. */
  change: SettingRole;
  /** Null for secrets, set or not. */
  value: unknown;
  default: unknown;
  /** False: the default holds. */
  changed: boolean;
  changedMs: number | null;
  changedBy: string | null;
}
