/** What happened. */
import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { SEVERITIES } from "../../words/severity.ts";
import { ms } from "./columns.ts";

/**
 * The one event log: what happened, append-only (lib/events). Beside it stands `event_words`, its search index, which
 * drizzle has no words for: an FTS5 table without contents of its own (migration `event_search`).
 */
export const events = sqliteTable("events", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** Goes outside with every delivery; the same on each repeat. */
  uid: text("uid").notNull().unique(),
  type: text("type").notNull(),
  /** `alarm:<id>`, `ticket:<id>`, `user:<id>` … */
  subject: text("subject").notNull(),
  severity: text("severity", { enum: SEVERITIES }).notNull(),
  tMs: ms("t_ms").notNull(),
  /** One sentence for people. */
  text: text("text").notNull(),
  /** Name of who did it; null: Perch itself. */
  actor: text("actor"),
  /** JSON, also `null`: what it was about, as it was then. */
  body: text("body").notNull(),
  /** Waits until it is decided whom to notify. */
  route: integer("route", { mode: "boolean" }).notNull(),
}, (t) => [
  index("events_by_subject").on(t.subject, t.id),
  index("events_by_type").on(t.type, t.id),
  index("events_by_time").on(t.tMs, t.type),
  index("events_to_route").on(t.id).where(sql`route = 1`),
]);

/** What is counted over a day of the site's zone: events that a key reported, readings that were stored. */
export const dayCounts = sqliteTable("day_counts", {
  /** `events:<kind>:<id>`, `readings`. */
  name: text("name").primaryKey(),
  /** `2026-11-29`. */
  day: text("day").notNull(),
  n: integer("n").notNull(),
});
