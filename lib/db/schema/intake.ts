/** What the intake remembers of what came in. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** Machines whose devices gave times that are not believed; their readings have their time of arrival. */
export const deviceClocks = sqliteTable("device_clocks", {
  machine: text("machine").primaryKey(),
  source: text("source").notNull(),
  fault: text("fault", { enum: ["unset", "ahead", "unreadable"] }).notNull(),
  /** The latest such time as the device gave it. */
  written: text("written").notNull(),
  /** How far ahead it was; 0 for the other faults. */
  aheadMs: ms("ahead_ms").notNull(),
  /** Readings since the first of them. */
  count: integer("count").notNull(),
  firstMs: ms("first_ms").notNull(),
  lastMs: ms("last_ms").notNull(),
});

/** The latest retained message of each topic that was accepted: a broker sends them with each subscription. */
export const retainedMarks = sqliteTable("retained_marks", {
  topic: text("topic").primaryKey(),
  /** Of the payload. */
  hash: text("hash").notNull(),
  atMs: ms("at_ms").notNull(),
});

/** Answers to requests with an `Idempotency-Key`, kept for 24 h, written with their readings. */
export const idempotency = sqliteTable("idempotency", {
  scope: text("scope").notNull(),
  key: text("key").notNull(),
  requestHash: text("request_hash").notNull(),
  /** JSON, also `null`. */
  response: text("response").notNull(),
  createdMs: ms("created_ms").notNull(),
}, (t) => [primaryKey({ columns: [t.scope, t.key] })]);

/** How far each reader of the journal is: groups after its cursor are not freed. */
export const journalCursors = sqliteTable("journal_cursors", {
  name: text("name").primaryKey(),
  /** Done with the groups up to this one. */
  groupId: integer("group_id").notNull(),
});
