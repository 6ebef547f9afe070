/** What people put together for their own eyes: notes on charts, dashboards, links of screens, browsers to push to. */
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** What somebody noted at a time of a sensor, a machine or the site; it is drawn on the charts there. */
export const chartNotes = sqliteTable("chart_notes", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** The time that it is about, and its end; null: it is about a moment. */
  atMs: ms("at_ms").notNull(),
  untilMs: ms("until_ms"),
  /** Null of both: of the whole site. With a sensor, the machine is the sensor's. */
  machineId: text("machine_id"),
  sensorId: text("sensor_id"),
  text: text("text").notNull(),
  /** Person or key, and as they were called then. */
  authorId: text("author_id").notNull(),
  author: text("author").notNull(),
  createdMs: ms("created_ms").notNull(),
  changedMs: ms("changed_ms"),
}, (t) => [
  index("chart_notes_by_time").on(t.atMs),
  index("chart_notes_by_machine").on(t.machineId, t.atMs),
  index("chart_notes_by_sensor").on(t.sensorId, t.atMs),
]);
export type ChartNoteRow = typeof chartNotes.$inferSelect;

/** Pages that people put together of tiles. */
export const dashboards = sqliteTable("dashboards", {
  id: text("id").primaryKey(),
  title: text("title").notNull(),
  /** Id of the person whose it is. */
  ownerId: text("owner_id").notNull(),
  /** Everybody who signs in may see it. */
  shared: integer("shared", { mode: "boolean" }).notNull(),
  /** JSON: its tiles, in their order. */
  tiles: text("tiles", { mode: "json" }).$type<unknown[]>().notNull(),
  createdMs: ms("created_ms").notNull(),
  changedMs: ms("changed_ms").notNull(),
}, (t) => [index("dashboards_by_owner").on(t.ownerId)]);
export type DashboardRow = typeof dashboards.$inferSelect;

/** A link for a screen on a wall: it shows one dashboard, and nothing else, until it is revoked. */
export const kioskLinks = sqliteTable("kiosk_links", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  dashboardId: text("dashboard_id").notNull().references(() => dashboards.id),
  /** SHA-256 of the secret in the link. */
  hash: text("hash").notNull().unique(),
  createdBy: text("created_by").notNull(),
  createdMs: ms("created_ms").notNull(),
  lastUsedMs: ms("last_used_ms"),
  revokedMs: ms("revoked_ms"),
}, (t) => [index("kiosk_links_by_dashboard").on(t.dashboardId)]);
export type KioskLinkRow = typeof kioskLinks.$inferSelect;

/** Browsers that a person told to show notices (RFC 8030). */
export const pushSubscriptions = sqliteTable("push_subscriptions", {
  id: text("id").primaryKey(),
  userId: text("user_id").notNull(),
  /** Address at the browser's push service: whoever has it may send. */
  endpoint: text("endpoint").notNull().unique(),
  /** Public key and secret of the browser, for the encryption (RFC 8291). */
  p256dh: text("p256dh").notNull(),
  auth: text("auth").notNull(),
  agent: text("agent").notNull(),
  createdMs: ms("created_ms").notNull(),
  lastUsedMs: ms("last_used_ms"),
  /** The sign-in that it was made in, and ends with when somebody ends it. Empty: made before that was kept. */
  sessionId: text("session_id").notNull().default(""),
}, (t) => [index("push_subscriptions_by_user").on(t.userId)]);
export type PushSubscriptionRow = typeof pushSubscriptions.$inferSelect;
