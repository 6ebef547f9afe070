/** What is wrong with Perch itself, and corrections that were proposed for it (lib/faults). */
import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { FAULT_SEVERITIES, FAULT_STATES } from "../../words/fault.ts";
import { ms } from "./columns.ts";

/** A fault, from the first sight until it is over. */
export const faults = sqliteTable("faults", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** What it is about, the same each time: one open fault per cause. */
  cause: text("cause").notNull(),
  /** Part of Perch: `codec:pump`, `task:backup`, `intake`. */
  component: text("component").notNull(),
  /** `syntax_error`, `task_hung` … */
  type: text("type").notNull(),
  severity: text("severity", { enum: FAULT_SEVERITIES }).notNull(),
  state: text("state", { enum: FAULT_STATES }).notNull(),
  message: text("message").notNull(),
  /** Below the data directory; null: it is in no file. */
  file: text("file"),
  line: integer("line"),
  column: integer("column"),
  firstMs: ms("first_ms").notNull(),
  lastMs: ms("last_ms").notNull(),
  /** Null: it is open, or was dismissed and is still seen. */
  endedMs: ms("ended_ms"),
  /** How often it happened. */
  n: integer("n").notNull(),
  /** It paused its component. */
  paused: integer("paused", { mode: "boolean" }).notNull(),
}, (t) => [
  uniqueIndex("faults_open").on(t.cause).where(sql`state = 'open'`),
  index("faults_by_state").on(t.state, t.id),
]);
export type FaultRow = typeof faults.$inferSelect;

/** A correction that was proposed. */
export const corrections = sqliteTable("corrections", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  faultId: integer("fault_id").notNull().references(() => faults.id, { onDelete: "cascade" }),
  state: text("state", {
    enum: [
      "proposed",
      "outdated",
      "dismissed",
      "applying",
      "watching",
      "kept",
      "rolled_back",
      "failed",
    ],
  }).notNull(),
  /** The file below the data directory, or `setting:<key>`. */
  target: text("target").notNull(),
  baseHash: text("base_hash").notNull(),
  before: text("before").notNull(),
  after: text("after").notNull(),
  /** Unified. */
  diff: text("diff").notNull(),
  diffHash: text("diff_hash").notNull(),
  /** `rule: JSON guard`, `gemini-3.8-flash`. */
  author: text("author").notNull(),
  /** What it changes and why, in a sentence. */
  text: text("text").notNull(),
  /** JSON: what was tried on it, and with what result. */
  trial: text("trial").notNull(),
  proposedMs: ms("proposed_ms").notNull(),
  approvedMs: ms("approved_ms"),
  approver: text("approver"),
  appliedMs: ms("applied_ms"),
  endedMs: ms("ended_ms"),
  /** Why it ended as it did. */
  outcome: text("outcome"),
}, (t) => [index("corrections_by_fault").on(t.faultId, t.id)]);
