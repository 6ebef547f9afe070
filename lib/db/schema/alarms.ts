/** Alarms. */
import { sql } from "drizzle-orm";
import { index, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { SEVERITIES } from "../../words/severity.ts";
import { VERDICTS } from "../../words/verdict.ts";
import { ms } from "./columns.ts";

/** What needs people's attention (lib/alarms). */
export const alarms = sqliteTable("alarms", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** What it was raised for: one open alarm each. */
  cause: text("cause").notNull(),
  source: text("source", {
    enum: ["threshold", "detector", "silence", "prediction", "system", "person"],
  }).notNull(),
  severity: text("severity", { enum: SEVERITIES }).notNull(),
  state: text("state", { enum: ["active", "acknowledged", "resolved"] }).notNull(),
  title: text("title").notNull(),
  /** Path of the machine; null: Perch itself. */
  machine: text("machine"),
  /** Storage number. */
  sensor: integer("sensor_num"),
  /** Full name when it last changed, to be found by. */
  sensorName: text("sensor"),
  value: real("value"),
  limit: real("limit_value"),
  count: integer("count").notNull(),
  present: integer("present", { mode: "boolean" }).notNull(),
  flapping: integer("flapping", { mode: "boolean" }).notNull(),
  maintenance: integer("maintenance", { mode: "boolean" }).notNull(),
  raisedMs: ms("raised_ms").notNull(),
  lastMs: ms("last_ms").notNull(),
  clearedMs: ms("cleared_ms"),
  acknowledgedMs: ms("acknowledged_ms"),
  acknowledgedBy: text("acknowledged_by"),
  shelvedUntilMs: ms("shelved_until_ms"),
  resolvedMs: ms("resolved_ms"),
  /** Null while open, and when it ended by itself. */
  resolvedBy: text("resolved_by"),
  note: text("note"),
  verdict: text("verdict", { enum: VERDICTS }),
  escalated: integer("escalated").notNull(),
  version: integer("version").notNull(),
  /** JSON: what it is about (lib/alarms/record.ts). */
  conditions: text("conditions", { mode: "json" }).notNull(),
  /** JSON: storage numbers of the sensors that a prediction named; their findings belong to its alarm. */
  drivers: text("drivers", { mode: "json" }).$type<number[]>().notNull(),
  /** JSON: times that its next step depends on. */
  timing: text("timing", { mode: "json" }).notNull(),
  /** When time alone moves it next, by the host's clock; null: never. */
  dueMs: ms("due_ms"),
}, (t) => [
  index("alarms_live").on(t.id).where(sql`state <> 'resolved' or present = 1`),
  index("alarms_by_state").on(t.state, t.id),
  index("alarms_shelved").on(t.shelvedUntilMs).where(sql`shelved_until_ms is not null`),
  index("alarms_by_machine").on(t.machine, t.id),
  index("alarms_by_sensor").on(t.sensor, t.id),
  index("alarms_resolved").on(t.resolvedMs).where(sql`state = 'resolved'`),
]);

export type AlarmRow = typeof alarms.$inferSelect;

/** How far the alarms have read findings and predictions. */
export const alarmCursors = sqliteTable("alarm_cursors", {
  name: text("name").primaryKey(),
  id: integer("id").notNull(),
});
