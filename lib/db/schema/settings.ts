/** Settings of the site. */
import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** Settings that somebody changed; what is not here has its default. */
export const settings = sqliteTable("settings", {
  key: text("key").primaryKey(),
  /** JSON, also `null`. */
  value: text("value").notNull(),
  changedMs: ms("changed_ms").notNull(),
  changedBy: text("changed_by").notNull(),
});
