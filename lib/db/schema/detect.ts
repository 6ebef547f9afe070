/** What the detectors and the models found, and the verdicts of people on it. */
import { index, integer, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { SEVERITIES } from "../../words/severity.ts";
import { VERDICTS } from "../../words/verdict.ts";
import { bytes, ms } from "./columns.ts";

/** Saved state of the detectors of a sensor; row 0 holds the runner's own clock. */
export const detectorStates = sqliteTable("detector_states", {
  /** Storage number. */
  sensor: integer("sensor_num").primaryKey(),
  /** The state has seen the groups up to this one. */
  group: integer("group_id").notNull(),
  /** Deflated states of the sensor's detectors (lib/detect/runner/state_saver.ts). */
  data: bytes("data").notNull(),
});

/** Detectors that somebody wrote (lib/detect/custom): what each has learned, and how far it is. */
export const customDetectors = sqliteTable("custom_detectors", {
  /** Of the file, without `.js`. */
  name: text("name").primaryKey(),
  /** The state has seen the groups up to this one. */
  group: integer("group_id").notNull(),
  /** Deflated JSON (lib/detect/custom/saved.ts). */
  data: bytes("data").notNull(),
});

/** What the detectors found. Rows are never changed; the oldest go when there are too many. */
export const findings = sqliteTable("findings", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** Storage number. */
  sensor: integer("sensor_num").notNull(),
  detector: text("detector").notNull(),
  /** Commit group and place in it (negative: at a tick): with detector and sensor, once. */
  groupId: integer("group_id").notNull(),
  item: integer("item").notNull(),
  tMs: ms("t_ms").notNull(),
  phase: text("phase", { enum: ["point", "raised", "changed", "cleared"] }).notNull(),
  severity: text("severity", { enum: SEVERITIES }).notNull(),
  /** 0 … 1. */
  score: real("score").notNull(),
  /** JSON: text, value, expectedLow, expectedHigh, component, numbers. */
  reason: text("reason", { mode: "json" }).notNull(),
}, (t) => [
  uniqueIndex("findings_once").on(t.detector, t.sensor, t.groupId, t.item),
  index("findings_by_sensor").on(t.sensor, t.id),
  index("findings_by_detector").on(t.detector, t.id),
]);

/** Verdicts of people on a finding; the latest row counts. */
export const findingFeedback = sqliteTable("finding_feedback", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  findingId: integer("finding_id").notNull(),
  /** Storage number. */
  sensor: integer("sensor_num").notNull(),
  detector: text("detector").notNull(),
  verdict: text("verdict", { enum: VERDICTS }).notNull(),
  byName: text("by_name").notNull(),
  atMs: ms("at_ms").notNull(),
}, (t) => [index("finding_feedback_of").on(t.findingId, t.id)]);

/** Models of machines: the newest few of each are kept. */
export const models = sqliteTable("models", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  machine: text("machine").notNull(),
  /** 1, 2, … per machine. */
  version: integer("version").notNull(),
  createdMs: ms("created_ms").notNull(),
  /** JSON array of full names, in the order of the model's columns. */
  sensors: text("sensors", { mode: "json" }).$type<string[]>().notNull(),
  /** Time between rows. */
  stepMs: ms("step_ms").notNull(),
  /** History it was trained on. */
  fromMs: ms("from_ms").notNull(),
  toMs: ms("to_ms").notNull(),
  rows: integer("rows").notNull(),
  trainMs: ms("train_ms").notNull(),
  /** JSON array of sentences: what was left out. */
  notes: text("notes", { mode: "json" }).$type<string[]>().notNull(),
  /** Bytes of the model before compression. */
  size: integer("size").notNull(),
  /** gzip of what lib/detect/forest saves. */
  bytes: bytes("bytes").notNull(),
}, (t) => [uniqueIndex("models_by_machine").on(t.machine, t.version)]);

/** Predictions about machines: on a change of class, else every ten minutes. Bounded. */
export const predictions = sqliteTable("predictions", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  machine: text("machine").notNull(),
  tMs: ms("t_ms").notNull(),
  class: text("class", { enum: ["normal", "warning", "critical"] }).notNull(),
  score: real("score").notNull(),
  confidence: real("confidence").notNull(),
  action: text("action").notNull(),
  summary: text("summary").notNull(),
  source: text("source", { enum: ["model", "rules"] }).notNull(),
  modelVersion: integer("model_version"),
  /** JSON: remaining useful life. */
  life: text("life", { mode: "json" }).notNull(),
  /** JSON: parts of sensors and features. */
  parts: text("parts", { mode: "json" }).notNull(),
}, (t) => [index("predictions_by_machine").on(t.machine, t.id)]);

/** Verdicts of people on a prediction; the latest row on each counts. The newest 5 000. */
export const predictionFeedback = sqliteTable("prediction_feedback", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  predictionId: integer("prediction_id").notNull(),
  machine: text("machine").notNull(),
  /** The time in which the machine was as unusual. */
  fromMs: ms("from_ms").notNull(),
  toMs: ms("to_ms").notNull(),
  verdict: text("verdict", { enum: VERDICTS }).notNull(),
  byName: text("by_name").notNull(),
  atMs: ms("at_ms").notNull(),
}, (t) => [
  index("prediction_feedback_of").on(t.predictionId, t.id),
  index("prediction_feedback_by_machine").on(t.machine, t.id),
]);

/** What training and prediction did, for people. The newest 500. */
export const modelLog = sqliteTable("model_log", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  tMs: ms("t_ms").notNull(),
  machine: text("machine"),
  level: text("level", { enum: ["info", "warn", "error"] }).notNull(),
  message: text("message").notNull(),
});
