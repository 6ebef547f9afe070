/** Analyses of the site, and what the model's answers cost (lib/ai). */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** An analysis, as it was stored. */
export const analyses = sqliteTable("analyses", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  tMs: ms("t_ms").notNull(),
  /** Who asked for it. */
  trigger: text("trigger", { enum: ["asked", "monitoring", "critical"] }).notNull(),
  /** The model that answered (not the one that was asked), or `rules`. */
  author: text("author").notNull(),
  overall: text("overall", { enum: ["Good", "Fair", "Poor", "Critical"] }).notNull(),
  /** JSON: issues, recommendations, insights. */
  body: text("body").notNull(),
  /** What left for the model, as it was sent; null: nothing did. */
  sent: text("sent"),
  /** sha256 of what it was made from: the same again is not analysed again. */
  inputHash: text("input_hash").notNull(),
  /** Why the model was not asked or its answer not used; null: it was. */
  instead: text("instead"),
  tokens: integer("tokens").notNull(),
});

/** Tokens of a day of the site's zone, by the model that answered. */
export const aiUsage = sqliteTable("ai_usage", {
  /** `2026-11-29`. */
  day: text("day").notNull(),
  model: text("model").notNull(),
  calls: integer("calls").notNull(),
  tokens: integer("tokens").notNull(),
}, (t) => [primaryKey({ columns: [t.day, t.model] })]);
