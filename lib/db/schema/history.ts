/** What a history server beside Perch was sent, and what it is still to get (lib/history). */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** The server that history goes to: one row. From then on triggers of the database keep the queue. */
export const historyServer = sqliteTable("history_server", {
  one: integer("one").primaryKey(),
  url: text("url").notNull(),
  sinceMs: ms("since_ms").notNull(),
  /** Readings that it was seen to have. */
  sent: integer("sent").notNull(),
});

/**
 * Chunks that are not known to be there: written by a trigger with each chunk, and gone with it. The number of a chunk
 * may be given again, that of its place in the queue is not.
 */
export const historyQueue = sqliteTable("history_queue", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  chunk: integer("chunk").notNull().unique(),
});

/** Stretches in which readings became others or went: what the server has of them is to be replaced. */
export const historyChanges = sqliteTable("history_changes", {
  id: integer("id").primaryKey(),
  sensor: integer("sensor").notNull(),
  fromMs: ms("from_ms").notNull(),
  /** Exclusive. */
  toMs: ms("to_ms").notNull(),
});

/** What the server has of a sensor. */
export const historySeries = sqliteTable("history_series", {
  sensor: integer("sensor").primaryKey(),
  /** Before this time it has not everything: readings were summed up before they were sent. */
  sinceMs: ms("since_ms").notNull(),
  /** Id of the sensor, by which it is known there; null: nothing was sent yet. */
  id: text("id"),
  /** First and last time that was sent; null: nothing was. */
  oldestMs: ms("oldest_ms"),
  newestMs: ms("newest_ms"),
  sent: integer("sent").notNull(),
});

/** Months of a sensor that were written anew, because readings in them became others: by which name they go now. */
export const historyParts = sqliteTable("history_parts", {
  id: integer("id").primaryKey(),
  sensor: integer("sensor").notNull(),
  /** Such as 2026-11, in UTC. */
  month: text("month").notNull(),
  generation: integer("generation").notNull(),
  /** The one before it counts while it is `building`, none does when it is `gone` and still to be removed there. */
  state: text("state", { enum: ["building", "used", "gone"] }).notNull(),
});
