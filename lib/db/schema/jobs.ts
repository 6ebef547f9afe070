/** Long work that a person or a schedule ordered (lib/jobs), and the schedules of reports (lib/reports). */
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** One piece of work, and the file that came of it. */
export const jobs = sqliteTable("jobs", {
  /** Counts up. */
  num: integer("num").primaryKey({ autoIncrement: true }),
  id: text("id").notNull().unique(),
  kind: text("kind", { enum: ["export", "import", "report"] }).notNull(),
  title: text("title").notNull(),
  /** JSON: what was ordered, as its kind understands it. */
  options: text("options", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  state: text("state", { enum: ["waiting", "running", "done", "failed", "cancelled"] }).notNull(),
  /** JSON: how far it is (lib/jobs/job.ts). */
  progress: text("progress", { mode: "json" }).$type<Record<string, unknown>>(),
  /** JSON: what came of it, as its kind says. */
  result: text("result", { mode: "json" }).$type<Record<string, unknown>>(),
  /** Name of its file below `<data>/jobs`; null: it has none, or none any more. */
  file: text("file"),
  fileName: text("file_name"),
  fileType: text("file_type"),
  fileBytes: integer("file_bytes"),
  error: text("error"),
  /** Who ordered it. */
  by: text("by").notNull(),
  createdMs: ms("created_ms").notNull(),
  startedMs: ms("started_ms"),
  finishedMs: ms("finished_ms"),
}, (t) => [index("jobs_by_kind").on(t.kind, t.num), index("jobs_by_state").on(t.state)]);
export type JobRow = typeof jobs.$inferSelect;

/** A report that is made again and again, and mailed. */
export const reportSchedules = sqliteTable("report_schedules", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** JSON: what the report holds (lib/reports/order.ts). */
  options: text("options", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** Cron, in the site's time zone. */
  cron: text("cron").notNull(),
  /** JSON: ids of the channels that it goes to. */
  channels: text("channels", { mode: "json" }).$type<string[]>().notNull(),
  enabled: integer("enabled", { mode: "boolean" }).notNull(),
  createdMs: ms("created_ms").notNull(),
  /** The time that its last report was for; null: none yet. */
  lastDueMs: ms("last_due_ms"),
});
export type ReportScheduleRow = typeof reportSchedules.$inferSelect;
