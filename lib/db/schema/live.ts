/** How machines, sensors and programs that report are. */
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** The present status of each sensor and machine: a restart continues from it. */
export const statuses = sqliteTable("statuses", {
  kind: text("kind", { enum: ["sensor", "machine"] }).notNull(),
  /** Public id. */
  id: text("id").notNull(),
  status: text("status", { enum: ["normal", "warning", "critical", "offline", "maintenance"] })
    .notNull(),
  sinceMs: ms("since_ms").notNull(),
}, (t) => [primaryKey({ columns: [t.kind, t.id] })]);

/**
 * How each sensor and machine was, as it was judged then, and when Perch was listening: what reports say of the past.
 * A row holds until the next one of its subject. The newest are kept.
 */
export const statusChanges = sqliteTable("status_changes", {
  id: integer("id").primaryKey(),
  /** Public id of a sensor or machine; `perch`. */
  subject: text("subject").notNull(),
  tMs: ms("t_ms").notNull(),
  /** `unknown`: nobody listened. */
  status: text("status", {
    enum: ["normal", "warning", "critical", "offline", "maintenance", "unknown"],
  }).notNull(),
}, (t) => [index("status_changes_of").on(t.subject, t.tMs)]);

/** How other programs said they are doing (`POST /api/components/{name}`). */
export const reportedComponents = sqliteTable("reported_components", {
  name: text("name").primaryKey(),
  state: text("state", { enum: ["online", "degraded", "error", "offline"] }).notNull(),
  detail: text("detail").notNull(),
  /** Name of the key or person that reported. */
  reporter: text("reporter").notNull(),
  /** Of the last report that was written: equal ones in a row are written now and then. */
  reportedMs: ms("reported_ms").notNull(),
  /** In this state since. */
  sinceMs: ms("since_ms").notNull(),
  /** Counts as offline when it has not reported for so long; null: never. */
  expiresMs: ms("expires_ms"),
  /** As the program gave them; null: it did not. */
  queue: integer("queue"),
  failed: integer("failed"),
  tries: integer("tries"),
  successes: integer("successes"),
});
