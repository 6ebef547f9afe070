/** How machines, sensors and programs that report are. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
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
