/** How machines and sensors are. */
import { primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
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
