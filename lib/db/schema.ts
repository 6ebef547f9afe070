/**
 * The whole data model. Read this first.
 *
 * The SQL that creates it stands in `migrations/` (append-only); this describes the same for the reader,
 * and a test holds the two together. Nothing imports it at run time: drizzle would be 10 MB of the binary.
 * Times are epoch milliseconds UTC, whole.
 */
import { sql } from "drizzle-orm";
import {
  blob,
  index,
  integer,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

/** One row per sensor, created with its first reading. Everything else points at `num`. */
export const sensors = sqliteTable("sensors", {
  /** Small storage number, never shown. */
  num: integer("num").primaryKey(),
  /** Public id: depends on the name at creation alone and survives renaming. */
  id: text("id").notNull().unique(),
  /** Full path `<area…>/<machine>/<sensor>`. */
  name: text("name").notNull().unique(),
  /** The name without its last level. */
  machine: text("machine").notNull(),
  /** The last level of the name. */
  sensor: text("sensor").notNull(),
  unit: text("unit"),
  kind: text("kind", { enum: ["number", "binary", "text"] }).notNull(),
  /** `new` until a person confirms it. */
  review: text("review", { enum: ["new", "confirmed"] }).notNull(),
  createdMs: integer("created_ms").notNull(),
  /** JSON: limits, calibration, expected interval … (lib/machines/sensor_settings.ts); `{}` is all defaults. */
  settings: text("settings").notNull().default("{}"),
  /** Deleted sensors keep their readings and can be restored. */
  deletedMs: integer("deleted_ms"),
  /** The unit that its device reports, when it says one. */
  deviceUnit: text("device_unit"),
  /** JSON: units that the device reported beside that one (lib/machines/units.ts). */
  otherUnits: text("other_units"),
});

/** Machines whose devices gave times that are not believed; their readings have their time of arrival. */
export const deviceClocks = sqliteTable("device_clocks", {
  machine: text("machine").primaryKey(),
  source: text("source").notNull(),
  fault: text("fault", { enum: ["unset", "ahead", "unreadable"] }).notNull(),
  /** As the device gave it. */
  written: text("written").notNull(),
  aheadMs: integer("ahead_ms").notNull(),
  count: integer("count").notNull(),
  firstMs: integer("first_ms").notNull(),
  lastMs: integer("last_ms").notNull(),
});

/** The latest retained message of each topic that was taken: a broker sends them with each subscription. */
export const retainedMarks = sqliteTable("retained_marks", {
  topic: text("topic").primaryKey(),
  /** Of the payload. */
  hash: text("hash").notNull(),
  atMs: integer("at_ms").notNull(),
});

/** One row per machine, created with its first sensor or by hand. Its place in the plant is its path. */
export const machines = sqliteTable("machines", {
  path: text("path").primaryKey(),
  /** Public id; depends on the path at creation alone. */
  id: text("id").notNull().unique(),
  /** What people call it; null: the path's last level. */
  name: text("name"),
  /** JSON array. */
  tags: text("tags").notNull(),
  notes: text("notes").notNull(),
  review: text("review", { enum: ["new", "confirmed"] }).notNull(),
  createdMs: integer("created_ms").notNull(),
  deletedMs: integer("deleted_ms"),
  /** JSON: file, type, bytes, width, height, alt (lib/machines/photos.ts); null: none. */
  photo: text("photo"),
  /** JSON array: paths it had before; readings that come under them are its own. */
  formerPaths: text("former_paths").notNull().default("[]"),
});

/** Times in which machines are worked on. */
export const maintenanceWindows = sqliteTable("maintenance_windows", {
  id: text("id").primaryKey(),
  /** A machine or a part of the plant above machines; empty: all of it. */
  path: text("path").notNull(),
  title: text("title").notNull(),
  /** JSON: once (from, to) or weekly (days, start, end) in the site's time zone. */
  timing: text("timing").notNull(),
  createdMs: integer("created_ms").notNull(),
  /** Deleted windows can be restored for a while. */
  deletedMs: integer("deleted_ms"),
});

/** The present status of each sensor and machine: a restart goes on from it. */
export const statuses = sqliteTable("statuses", {
  kind: text("kind", { enum: ["sensor", "machine"] }).notNull(),
  /** Public id. */
  id: text("id").notNull(),
  status: text("status", { enum: ["normal", "warning", "critical", "offline", "maintenance"] })
    .notNull(),
  sinceMs: integer("since_ms").notNull(),
}, (t) => [primaryKey({ columns: [t.kind, t.id] })]);

/** The texts of a `text` sensor; readings hold the code. */
export const sensorStates = sqliteTable("sensor_states", {
  sensorNum: integer("sensor_num").notNull(),
  code: integer("code").notNull(),
  text: text("text").notNull(),
}, (t) => [primaryKey({ columns: [t.sensorNum, t.code] })]);

/**
 * The journal: one row per commit group, a packed blob (format: lib/readings/README.md). Two tables
 * that take turns, so that freeing one is a single unqualified DELETE. `id` increases over both.
 */
export const journalA = sqliteTable("journal_a", {
  id: integer("id").primaryKey(),
  b: blob("b", { mode: "buffer" }).notNull(),
});
export const journalB = sqliteTable("journal_b", {
  id: integer("id").primaryKey(),
  b: blob("b", { mode: "buffer" }).notNull(),
});

/** Where the journal of a sensor ends and its chunks begin. Written with each sealed chunk. */
export const series = sqliteTable("series", {
  sensor: integer("sensor").primaryKey(),
  /** Readings of this sensor in journal rows up to this id are in chunks: the chunk wins. */
  sealedGroup: integer("sealed_group").notNull(),
  /** Newest sealed reading. */
  newestMs: integer("newest_ms").notNull(),
  newestValue: real("newest_value").notNull(),
  /** Largest `seq` that was ever sealed; null when there was none. */
  maxSeq: real("max_seq"),
  /** Earliest time in the chunks. */
  oldestMs: integer("oldest_ms").notNull(),
  /** Totals over the chunks of this sensor. */
  chunks: integer("chunks").notNull(),
  readings: integer("readings").notNull(),
  bytes: integer("bytes").notNull(),
  /** Checksum of what sealing wrote; null before the first seal that had one. */
  crc: integer("crc"),
});

/**
 * Sealed readings: one row per sensor and part, ordered by time inside. Parts of a sensor may overlap
 * while late data waits to be merged.
 */
export const chunks = sqliteTable("chunks", {
  id: integer("id").primaryKey(),
  sensor: integer("sensor").notNull(),
  firstMs: integer("first_ms").notNull(),
  /** Inclusive. */
  lastMs: integer("last_ms").notNull(),
  /** Arrival rank: among equal times, readings of the lower rank came first. */
  rank: integer("rank").notNull(),
  /** 1 while the part holds late data that overlaps others and waits to be merged. */
  late: integer("late").notNull(),
  n: integer("n").notNull(),
  /** Bytes of `minutes` and `data`. */
  bytes: integer("bytes").notNull(),
  min: real("min").notNull(),
  max: real("max").notNull(),
  sum: real("sum").notNull(),
  /** Count, min, max and sum of every minute; stands before the data so that reading it skips the data. */
  minutes: blob("minutes", { mode: "buffer" }).notNull(),
  data: blob("data", { mode: "buffer" }).notNull(),
}, (t) => [
  index("chunks_by_sensor").on(t.sensor, t.lastMs, t.firstMs),
  index("chunks_late").on(t.sensor).where(sql`late = 1`),
]);

/** How far the search for damage is (one row), and up to where there may be rows without checksums. */
export const scrub = sqliteTable("scrub", {
  one: integer("one").primaryKey(),
  uncheckedChunk: integer("unchecked_chunk").notNull(),
  uncheckedGroup: integer("unchecked_group").notNull(),
  /** The full pass goes on after this chunk. */
  nextChunk: integer("next_chunk").notNull(),
  startedMs: integer("started_ms"),
  finishedMs: integer("finished_ms"),
});

/** What was found damaged and is not intact again: its readings are in no answer. */
export const damage = sqliteTable("damage", {
  kind: text("kind", { enum: ["chunk", "summary", "group", "series"] }).notNull(),
  /** Id of the chunk or journal group, number of the sensor. */
  ref: integer("ref").notNull(),
  /** Null: not known. */
  sensor: integer("sensor"),
  fromMs: integer("from_ms").notNull(),
  /** Exclusive. */
  toMs: integer("to_ms").notNull(),
  /** 0: not known. */
  readings: integer("readings").notNull(),
  reason: text("reason").notNull(),
  foundMs: integer("found_ms").notNull(),
  /** What is left of a journal group: its table is freed one day. */
  b: blob("b", { mode: "buffer" }),
  /** When a person said that they know of it; null: nobody did. */
  acknowledgedMs: integer("acknowledged_ms"),
}, (t) => [primaryKey({ columns: [t.kind, t.ref] })]);

/** The time that Perch trusts (one row); lib/base/trusted_time.ts says how it moves. */
export const trustedClock = sqliteTable("trusted_clock", {
  one: integer("one").primaryKey(),
  trustedMs: integer("trusted_ms").notNull(),
  creditMs: integer("credit_ms").notNull(),
  stoodMs: integer("stood_ms").notNull(),
  unprovenMs: integer("unproven_ms").notNull(),
  known: integer("known").notNull(),
});

/** Answers to requests with an `Idempotency-Key`, kept for 24 h, written with their readings. */
export const idempotency = sqliteTable("idempotency", {
  scope: text("scope").notNull(),
  key: text("key").notNull(),
  requestHash: text("request_hash").notNull(),
  response: text("response").notNull(),
  createdMs: integer("created_ms").notNull(),
}, (t) => [primaryKey({ columns: [t.scope, t.key] })]);

/** People. See lib/access/README.md for what is stored of secrets. */
export const users = sqliteTable("users", {
  id: text("id").primaryKey(),
  /** Lower case; unique among those who are not deleted. */
  email: text("email").notNull(),
  name: text("name").notNull().default(""),
  role: text("role", { enum: ["viewer", "engineer", "admin"] }).notNull(),
  state: text("state", { enum: ["invited", "active", "disabled", "deleted"] }).notNull(),
  /** argon2id in PHC form; null until an invitation is taken up. */
  password: text("password"),
  /** Base32 secret of the second factor; null = off. */
  totp: text("totp"),
  /** Last accepted time step: a code counts once. */
  totpStep: integer("totp_step").notNull().default(0),
  demo: text("demo", { enum: ["loopback", "lan"] }),
  createdMs: integer("created_ms").notNull(),
  lastSignInMs: integer("last_sign_in_ms"),
});

/** One per browser sign-in (opaque cookie) or API sign-in (family of refresh tokens). */
export const sessions = sqliteTable("sessions", {
  id: text("id").primaryKey(),
  userId: text("user_id").notNull().references(() => users.id),
  kind: text("kind", { enum: ["browser", "api"] }).notNull(),
  /** SHA-256 of the cookie; null for API sessions. */
  hash: text("hash").unique(),
  createdMs: integer("created_ms").notNull(),
  lastUsedMs: integer("last_used_ms").notNull(),
  expiresMs: integer("expires_ms").notNull(),
  address: text("address").notNull(),
  agent: text("agent").notNull(),
});

/** Every refresh token of a session by its SHA-256: one that comes back after it was replaced was stolen. */
export const refreshTokens = sqliteTable("refresh_tokens", {
  hash: text("hash").primaryKey(),
  sessionId: text("session_id").notNull().references(() => sessions.id),
  createdMs: integer("created_ms").notNull(),
  replacedMs: integer("replaced_ms"),
});

/** API keys and device keys (the latter limited to one machine). */
export const accessKeys = sqliteTable("access_keys", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  kind: text("kind", { enum: ["api", "device"] }).notNull(),
  hash: text("hash").notNull().unique(),
  /** First characters, to recognise it in a list. */
  hint: text("hint").notNull(),
  role: text("role", { enum: ["viewer", "engineer", "admin"] }).notNull(),
  /** JSON array; null = all that the role may. */
  scopes: text("scopes"),
  machine: text("machine"),
  createdMs: integer("created_ms").notNull(),
  createdBy: text("created_by").notNull(),
  expiresMs: integer("expires_ms"),
  lastUsedMs: integer("last_used_ms"),
});

/** Invitations and password resets by the SHA-256 of their secret. */
export const oneUseLinks = sqliteTable("one_use_links", {
  hash: text("hash").primaryKey(),
  kind: text("kind", { enum: ["invite", "reset"] }).notNull(),
  userId: text("user_id").notNull().references(() => users.id),
  createdMs: integer("created_ms").notNull(),
  expiresMs: integer("expires_ms").notNull(),
});

/** SHA-256 of unused recovery codes of the second factor. */
export const recoveryCodes = sqliteTable("recovery_codes", {
  userId: text("user_id").notNull().references(() => users.id),
  hash: text("hash").notNull(),
}, (t) => [primaryKey({ columns: [t.userId, t.hash] })]);

/** Recent wrong sign-ins, by a hash of account and address. */
export const signInFailures = sqliteTable("sign_in_failures", {
  bucket: text("bucket").primaryKey(),
  /** JSON array of epoch ms. */
  times: text("times").notNull(),
  lastMs: integer("last_ms").notNull(),
});

/** Who did what. Append-only: triggers refuse everything else. */
export const audit = sqliteTable("audit", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  tsMs: integer("ts_ms").notNull(),
  actorKind: text("actor_kind").notNull(),
  actorId: text("actor_id"),
  actorName: text("actor_name").notNull(),
  action: text("action").notNull(),
  resource: text("resource").notNull(),
  /** JSON without secrets. */
  before: text("before"),
  after: text("after"),
  address: text("address"),
  agent: text("agent"),
}, (t) => [index("audit_ts").on(t.tsMs)]);

/**
 * Who changed a thing last; the compare-and-set of every change (`lib/access/changes.ts`) reads it through the
 * view `unchanged_since`.
 */
export const changed = sqliteTable("changed", {
  /** `rule:x4…`, `ticket:T-12`; `ticket:T-12/words` for what was said about it. */
  key: text("key").primaryKey(),
  /** Row of the audit log. */
  auditId: integer("audit_id").notNull(),
});

/** Settings that somebody changed; what is not here has its default. */
export const settings = sqliteTable("settings", {
  key: text("key").primaryKey(),
  /** JSON. */
  value: text("value").notNull(),
  changedMs: integer("changed_ms").notNull(),
  changedBy: text("changed_by").notNull(),
});

/** How far each reader of the journal is: groups after its cursor are not freed. */
export const journalCursors = sqliteTable("journal_cursors", {
  name: text("name").primaryKey(),
  /** Done with the groups up to this one. */
  groupId: integer("group_id").notNull(),
});

/** Checkpoint of the detectors of a sensor; row 0 holds the runner's own clock. */
export const detectorStates = sqliteTable("detector_states", {
  sensorNum: integer("sensor_num").primaryKey(),
  /** The state has seen the groups up to this one. */
  groupId: integer("group_id").notNull(),
  /** Deflated states of the sensor's detectors (lib/detect/runner/checkpoint.ts). */
  data: blob("data", { mode: "buffer" }).notNull(),
});

/** What the detectors found. Rows are never changed; the oldest go when there are too many. */
export const findings = sqliteTable("findings", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  sensorNum: integer("sensor_num").notNull(),
  detector: text("detector").notNull(),
  /** Commit group and place in it (negative: at a tick): with detector and sensor, once. */
  groupId: integer("group_id").notNull(),
  item: integer("item").notNull(),
  tMs: integer("t_ms").notNull(),
  phase: text("phase", { enum: ["point", "raised", "changed", "cleared"] }).notNull(),
  severity: text("severity", { enum: ["info", "warning", "critical"] }).notNull(),
  /** 0 … 1. */
  score: real("score").notNull(),
  /** JSON: text, value, expectedLow, expectedHigh, component, numbers. */
  reason: text("reason").notNull(),
}, (t) => [
  uniqueIndex("findings_once").on(t.detector, t.sensorNum, t.groupId, t.item),
  index("findings_by_sensor").on(t.sensorNum, t.id),
  index("findings_by_detector").on(t.detector, t.id),
]);

/** What people said of a finding; the latest row counts. */
export const findingFeedback = sqliteTable("finding_feedback", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  findingId: integer("finding_id").notNull(),
  sensorNum: integer("sensor_num").notNull(),
  detector: text("detector").notNull(),
  verdict: text("verdict", { enum: ["real", "false_alarm"] }).notNull(),
  byName: text("by_name").notNull(),
  atMs: integer("at_ms").notNull(),
}, (t) => [index("finding_feedback_of").on(t.findingId, t.id)]);

/** Models of machines: the newest few of each are kept. */
export const models = sqliteTable("models", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  machine: text("machine").notNull(),
  /** 1, 2, … per machine. */
  version: integer("version").notNull(),
  createdMs: integer("created_ms").notNull(),
  /** JSON array of full names, in the order of the model's columns. */
  sensors: text("sensors").notNull(),
  /** Time between rows. */
  stepMs: integer("step_ms").notNull(),
  /** History it was trained on. */
  fromMs: integer("from_ms").notNull(),
  toMs: integer("to_ms").notNull(),
  rows: integer("rows").notNull(),
  trainMs: integer("train_ms").notNull(),
  /** JSON array of sentences: what was left out. */
  notes: text("notes").notNull(),
  /** Bytes of the model before compression. */
  size: integer("size").notNull(),
  /** gzip of what lib/detect/forest saves. */
  bytes: blob("bytes", { mode: "buffer" }).notNull(),
}, (t) => [uniqueIndex("models_by_machine").on(t.machine, t.version)]);

/** What was said about machines: on a change of class, else every ten minutes. Bounded. */
export const predictions = sqliteTable("predictions", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  machine: text("machine").notNull(),
  tMs: integer("t_ms").notNull(),
  class: text("class", { enum: ["normal", "warning", "critical"] }).notNull(),
  score: real("score").notNull(),
  confidence: real("confidence").notNull(),
  action: text("action").notNull(),
  summary: text("summary").notNull(),
  source: text("source", { enum: ["model", "rules"] }).notNull(),
  modelVersion: integer("model_version"),
  /** JSON: remaining useful life. */
  life: text("life").notNull(),
  /** JSON: parts of sensors and features. */
  parts: text("parts").notNull(),
}, (t) => [index("predictions_by_machine").on(t.machine, t.id)]);

/** What people said of a prediction; the latest row on each counts. The newest 5 000. */
export const predictionFeedback = sqliteTable("prediction_feedback", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  predictionId: integer("prediction_id").notNull(),
  machine: text("machine").notNull(),
  /** The time in which the machine was as unusual. */
  fromMs: integer("from_ms").notNull(),
  toMs: integer("to_ms").notNull(),
  verdict: text("verdict", { enum: ["real", "false_alarm"] }).notNull(),
  byName: text("by_name").notNull(),
  atMs: integer("at_ms").notNull(),
}, (t) => [
  index("prediction_feedback_of").on(t.predictionId, t.id),
  index("prediction_feedback_by_machine").on(t.machine, t.id),
]);

/** What training and prediction did, for people. The newest 500. */
export const modelLog = sqliteTable("model_log", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  tMs: integer("t_ms").notNull(),
  machine: text("machine"),
  level: text("level", { enum: ["info", "warn", "error"] }).notNull(),
  message: text("message").notNull(),
});

/** The one event log: what happened, append-only (lib/events). */
export const events = sqliteTable("events", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** Goes outside with every delivery; the same on each repeat. */
  uid: text("uid").notNull().unique(),
  type: text("type").notNull(),
  /** `alarm:<id>`, `ticket:<id>`, `user:<id>` … */
  subject: text("subject").notNull(),
  severity: text("severity", { enum: ["info", "warning", "critical"] }).notNull(),
  tMs: integer("t_ms").notNull(),
  /** One sentence for people. */
  text: text("text").notNull(),
  /** Name of who did it; null: Perch itself. */
  actor: text("actor"),
  /** JSON: what it was about, as it was then. */
  body: text("body").notNull(),
  /** 1: waits until it is decided whom to tell. */
  route: integer("route").notNull(),
}, (t) => [
  index("events_by_subject").on(t.subject, t.id),
  index("events_by_type").on(t.type, t.id),
  index("events_to_route").on(t.id).where(sql`route = 1`),
]);

/** Work on what is wrong (lib/tickets). A trigger fails the transaction of whoever was slower. */
export const tickets = sqliteTable("tickets", {
  /** T-12 is number 12. Never used again. */
  id: integer("id").primaryKey(),
  title: text("title").notNull(),
  /** Markdown. */
  description: text("description").notNull(),
  state: text("state", { enum: ["open", "in_progress", "resolved", "closed"] }).notNull(),
  priority: text("priority", { enum: ["low", "normal", "high", "urgent"] }).notNull(),
  /** Id of the person. */
  assigneeId: text("assignee_id"),
  dueMs: integer("due_ms"),
  /** 1: it was told that the due date is over. */
  overdueTold: integer("overdue_told").notNull(),
  machineId: text("machine_id"),
  /** One ticket for each alarm. */
  alarmId: text("alarm_id").unique(),
  verdict: text("verdict", { enum: ["real", "false_alarm"] }),
  /** What was said when it was resolved. */
  note: text("note"),
  createdMs: integer("created_ms").notNull(),
  /** Names of people; null: Perch itself. */
  createdBy: text("created_by"),
  changedMs: integer("changed_ms").notNull(),
  changedBy: text("changed_by"),
  startedMs: integer("started_ms"),
  resolvedMs: integer("resolved_ms"),
  resolvedBy: text("resolved_by"),
  closedMs: integer("closed_ms"),
  /** Grows by one with each change. */
  version: integer("version").notNull(),
}, (t) => [
  index("tickets_by_state").on(t.state, t.id),
  index("tickets_by_machine").on(t.machineId, t.id),
  index("tickets_by_assignee").on(t.assigneeId, t.id),
  index("tickets_due").on(t.dueMs).where(sql`overdue_told = 0`),
]);
/** What people are told of (lib/alarms). */
export const alarms = sqliteTable("alarms", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** What it was raised for: one open alarm each. */
  cause: text("cause").notNull(),
  source: text("source", {
    enum: ["threshold", "detector", "silence", "prediction", "system"],
  }).notNull(),
  severity: text("severity", { enum: ["info", "warning", "critical"] }).notNull(),
  state: text("state", { enum: ["active", "acknowledged", "resolved"] }).notNull(),
  title: text("title").notNull(),
  /** Path of the machine; null: Perch itself. */
  machine: text("machine"),
  sensorNum: integer("sensor_num"),
  /** Full name when it last changed, to be found by. */
  sensor: text("sensor"),
  value: real("value"),
  limitValue: real("limit_value"),
  count: integer("count").notNull(),
  present: integer("present").notNull(),
  flapping: integer("flapping").notNull(),
  maintenance: integer("maintenance").notNull(),
  raisedMs: integer("raised_ms").notNull(),
  lastMs: integer("last_ms").notNull(),
  clearedMs: integer("cleared_ms"),
  acknowledgedMs: integer("acknowledged_ms"),
  acknowledgedBy: text("acknowledged_by"),
  shelvedUntilMs: integer("shelved_until_ms"),
  resolvedMs: integer("resolved_ms"),
  /** Null while open, and when it ended by itself. */
  resolvedBy: text("resolved_by"),
  note: text("note"),
  verdict: text("verdict", { enum: ["real", "false_alarm"] }),
  escalated: integer("escalated").notNull(),
  version: integer("version").notNull(),
  /** JSON: what it tells of (lib/alarms/record.ts). */
  conditions: text("conditions").notNull(),
  /** JSON: sensors that a prediction named. */
  drivers: text("drivers").notNull(),
  /** JSON: times that its next step depends on. */
  timing: text("timing").notNull(),
  /** When time alone moves it next; null: never. */
  dueMs: integer("due_ms"),
}, (t) => [
  index("alarms_live").on(t.id).where(sql`state <> 'resolved' or present = 1`),
  index("alarms_by_state").on(t.state, t.id),
  index("alarms_shelved").on(t.shelvedUntilMs).where(sql`shelved_until_ms is not null`),
  index("alarms_by_machine").on(t.machine, t.id),
  index("alarms_by_sensor").on(t.sensorNum, t.id),
  index("alarms_resolved").on(t.resolvedMs).where(sql`state = 'resolved'`),
]);

/** How far the alarms have read findings and predictions. */
export const alarmCursors = sqliteTable("alarm_cursors", {
  name: text("name").primaryKey(),
  id: integer("id").notNull(),
});

/** Where messages can go to. Those that the environment sets have no row here, only a state. */
export const channels = sqliteTable("channels", {
  id: text("id").primaryKey(),
  kind: text("kind").notNull(),
  name: text("name").notNull().unique(),
  /** JSON without secrets. */
  options: text("options").notNull(),
  /** JSON of the secret options, encrypted with the key in `channels.key`. */
  secrets: text("secrets").notNull(),
  /** JSON: a webhook's own choice of events; null: rules decide. */
  subscription: text("subscription"),
  createdMs: integer("created_ms").notNull(),
});

/** How channels are doing. */
export const channelStates = sqliteTable("channel_states", {
  channelId: text("channel_id").primaryKey(),
  enabled: integer("enabled").notNull(),
  /** Why Perch switched it off by itself. */
  offReason: text("off_reason"),
  failingSinceMs: integer("failing_since_ms"),
  /** Of the last good delivery. */
  okMs: integer("ok_ms"),
  triedMs: integer("tried_ms"),
  /** What the far side said last. */
  answer: text("answer"),
});

/** Who gets what (lib/notify/rule.ts). */
export const rules = sqliteTable("rules", {
  id: text("id").primaryKey(),
  /** JSON. */
  spec: text("spec").notNull(),
  createdMs: integer("created_ms").notNull(),
});

/** The outbox: everything that leaves Perch is a row here first. */
export const deliveries = sqliteTable("deliveries", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** Goes outside; the same on each repeat. That of the event, or of the digest. */
  uid: text("uid").notNull(),
  /** Null: a digest of others. */
  eventId: integer("event_id"),
  eventType: text("event_type").notNull(),
  subject: text("subject").notNull(),
  severity: text("severity", { enum: ["info", "warning", "critical"] }).notNull(),
  /** One sentence: what is told. */
  text: text("text").notNull(),
  channelId: text("channel_id").notNull(),
  /** Address on the channel; empty: the channel's own recipients. */
  target: text("target").notNull(),
  state: text("state", {
    enum: ["waiting", "held", "digest", "delivered", "failed", "cancelled"],
  }).notNull(),
  why: text("why").notNull(),
  /** The digest that it is part of. */
  digestId: integer("digest_id"),
  tries: integer("tries").notNull(),
  /** When it is tried next; of a held one and a digest: when it may leave. */
  nextMs: integer("next_ms").notNull(),
  /** What the far side said last, and how long that took. */
  answer: text("answer"),
  tookMs: integer("took_ms"),
  createdMs: integer("created_ms").notNull(),
  doneMs: integer("done_ms"),
  /** JSON: recipients that have not got it yet, when the far side judged them one by one; null: all or none. */
  remaining: text("remaining"),
}, (t) => [
  uniqueIndex("deliveries_once").on(t.eventId, t.channelId, t.target),
  index("deliveries_open").on(t.channelId, t.nextMs)
    .where(sql`state in ('waiting', 'held', 'digest')`),
  index("deliveries_by_subject").on(t.subject, t.channelId, t.id),
  index("deliveries_by_state").on(t.state, t.id),
  index("deliveries_by_digest").on(t.digestId).where(sql`digest_id is not null`),
  index("deliveries_by_time").on(t.createdMs),
]);

/** What each try led to; the newest few of a delivery. A row without outcome was cut short. */
export const deliveryTries = sqliteTable("delivery_tries", {
  deliveryId: integer("delivery_id").notNull(),
  n: integer("n").notNull(),
  tMs: integer("t_ms").notNull(),
  tookMs: integer("took_ms"),
  outcome: text("outcome", { enum: ["delivered", "retry", "failed", "gone"] }),
  answer: text("answer"),
}, (t) => [
  primaryKey({ columns: [t.deliveryId, t.n] }),
  index("delivery_tries_by_time").on(t.tMs),
]);

/** What every rule said to an event. */
export const routings = sqliteTable("routings", {
  eventId: integer("event_id").primaryKey(),
  subject: text("subject").notNull(),
  tMs: integer("t_ms").notNull(),
  /** JSON (lib/notify/routing.ts). */
  decisions: text("decisions").notNull(),
}, (t) => [index("routings_by_subject").on(t.subject, t.eventId)]);

/** What people say about alarms and tickets. */
export const comments = sqliteTable("comments", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** `alarm:<id>`, `ticket:T-12`. */
  subject: text("subject").notNull(),
  /** Person or key. */
  authorId: text("author_id").notNull(),
  /** As they were called then. */
  author: text("author").notNull(),
  /** Markdown; empty once it was deleted. */
  text: text("text").notNull(),
  createdMs: integer("created_ms").notNull(),
  editedMs: integer("edited_ms"),
  deletedMs: integer("deleted_ms"),
}, (t) => [index("comments_by_subject").on(t.subject, t.id)]);

/** Files that people show with alarms and tickets; their bytes are in `<data>/files/attachments`. */
export const attachments = sqliteTable("attachments", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  subject: text("subject").notNull(),
  authorId: text("author_id").notNull(),
  author: text("author").notNull(),
  /** Random name of its file; not shown to anybody. */
  file: text("file").notNull().unique(),
  /** What its sender called it, cleaned. */
  name: text("name").notNull(),
  /** MIME type by content. */
  type: text("type").notNull(),
  bytes: integer("bytes").notNull(),
  /** Pixels of a picture. */
  width: integer("width"),
  height: integer("height"),
  createdMs: integer("created_ms").notNull(),
}, (t) => [index("attachments_by_subject").on(t.subject, t.id)]);

/** How far each upload of readings is (lib/notify/thingspeak). */
export const uploadCursors = sqliteTable("upload_cursors", {
  name: text("name").primaryKey(),
  /** Readings before this time are uploaded. */
  atMs: integer("at_ms").notNull(),
});

/** One row, written while storage is in trouble to find out when it works again (lib/db/quick_check.ts). */
export const storageProbe = sqliteTable("storage_probe", {
  id: integer("id").primaryKey(),
  atMs: integer("at_ms").notNull(),
});

/** Who holds this database (lib/db/owner.ts): one row. */
export const owner = sqliteTable("owner", {
  /** Always 1. */
  id: integer("id").primaryKey(),
  /** Counts up with every start; every transaction checks it. */
  epoch: integer("epoch").notNull(),
  host: text("host").notNull(),
  pid: integer("pid").notNull(),
  /** Host and data directory, hashed: who starts there holds the lock of the one before. */
  place: text("place").notNull(),
  sinceMs: integer("since_ms").notNull(),
  /** On a libSQL server: its own time of the last sign of life; 0 after a clean end. In a file: 0. */
  beatMs: integer("beat_ms").notNull(),
});
