/** Sites that forward to this Perch (the centre), and what this Perch forwards to another one (the edge). */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** The centre: one row per site. Its machines stand below `<id>/`. */
export const sites = sqliteTable("sites", {
  /** The first level of its machines' paths. */
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  createdMs: ms("created_ms").notNull(),
  /** Its key of today; null: revoked. */
  keyId: text("key_id"),
  /** JSON: what the site said of itself last (lib/upstream/centre/site.ts); null: nothing yet. */
  state: text("state", { mode: "json" }),
});

/** How far a site is stored: written in the transaction of what came with it. */
export const siteCursors = sqliteTable("site_cursors", {
  site: text("site").notNull(),
  node: text("node").notNull(),
  epoch: text("epoch").notNull(),
  lane: text("lane", { enum: ["readings", "events"] }).notNull(),
  seq: integer("seq").notNull(),
}, (t) => [primaryKey({ columns: [t.site, t.node, t.epoch, t.lane] })]);

/** Which sensor here is one of a site: by its id there, which outlasts every name. */
export const siteSensors = sqliteTable("site_sensors", {
  site: text("site").notNull(),
  there: text("there").notNull(),
  /** Storage number here. */
  sensor: integer("sensor").notNull(),
}, (t) => [primaryKey({ columns: [t.site, t.there] })]);

/** Alarms that are open at a site, as it said. */
export const siteAlarms = sqliteTable("site_alarms", {
  site: text("site").notNull(),
  /** Id of the alarm at the site. */
  alarm: text("alarm").notNull(),
  body: text("body", { mode: "json" }).notNull(),
}, (t) => [primaryKey({ columns: [t.site, t.alarm] })]);

/** What the site is to do; gone when it said that it has. */
export const siteCommands = sqliteTable("site_commands", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  site: text("site").notNull(),
  createdMs: ms("created_ms").notNull(),
  body: text("body", { mode: "json" }).notNull(),
});

/** The edge: numbers after `after_group` belong to this epoch. A restored backup begins a new one. */
export const forwardEpochs = sqliteTable("forward_epochs", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  epoch: text("epoch").notNull().unique(),
  afterGroup: integer("after_group").notNull(),
  afterEvent: integer("after_event").notNull(),
});

/** The edge: up to where the centre has acknowledged. */
export const forwardCursors = sqliteTable("forward_cursors", {
  lane: text("lane", { enum: ["readings", "events"] }).primaryKey(),
  seq: integer("seq").notNull(),
  /** What was given up because the centre did not take it in time. */
  lost: integer("lost").notNull().default(0),
});

/** The edge: orders of the centre that were carried out, so that none is twice. */
export const forwardDone = sqliteTable("forward_done", {
  id: integer("id").primaryKey(),
  doneMs: ms("done_ms").notNull(),
});
