/** Channels, rules, and everything that leaves Perch. */
import { sql } from "drizzle-orm";
import {
  index,
  integer,
  primaryKey,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";
import { SEVERITIES } from "../../words/severity.ts";
import { ms } from "./columns.ts";

/** Where messages can go to. Those that the environment sets have no row here, only a state. */
export const channels = sqliteTable("channels", {
  id: text("id").primaryKey(),
  kind: text("kind").notNull(),
  name: text("name").notNull().unique(),
  /** JSON without secrets. */
  options: text("options", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** JSON of the secret options, encrypted with the key in `channels.key`. */
  secrets: text("secrets").notNull(),
  /** JSON: a webhook's own choice of events; null: rules decide. */
  subscription: text("subscription", { mode: "json" }),
  createdMs: ms("created_ms").notNull(),
});

export type ChannelRow = typeof channels.$inferSelect;

/** How channels are doing. */
export const channelStates = sqliteTable("channel_states", {
  channelId: text("channel_id").primaryKey(),
  enabled: integer("enabled", { mode: "boolean" }).notNull(),
  /** Why Perch switched it off by itself. */
  offReason: text("off_reason"),
  failingSinceMs: ms("failing_since_ms"),
  /** Of the last good delivery. */
  okMs: ms("ok_ms"),
  triedMs: ms("tried_ms"),
  /** What the far side answered last. */
  answer: text("answer"),
});

/** Who gets what (lib/notify/rule.ts). */
export const rules = sqliteTable("rules", {
  id: text("id").primaryKey(),
  /** JSON. */
  spec: text("spec", { mode: "json" }).notNull(),
  createdMs: ms("created_ms").notNull(),
});

/** The outbox: everything that leaves Perch is a row here first. */
export const deliveries = sqliteTable("deliveries", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  /** Goes outside; the same on each repeat. That of the event, or of the digest. */
  uid: text("uid").notNull(),
  /** Null: a digest of others. */
  eventId: integer("event_id"),
  /** Of the event, or `digest`. */
  eventType: text("event_type").notNull(),
  subject: text("subject").notNull(),
  severity: text("severity", { enum: SEVERITIES }).notNull(),
  /** One sentence: the message. */
  text: text("text").notNull(),
  channelId: text("channel_id").notNull(),
  /** Address on the channel; empty: the channel's own recipients. */
  target: text("target").notNull(),
  state: text("state", {
    enum: ["waiting", "held", "digest", "delivered", "failed", "cancelled"],
  }).notNull(),
  why: text("why").notNull(),
  /** The digest that it is part of. */
  digestId: integer("digest_id"),
  /** Since it was written or sent again by a person. */
  tries: integer("tries").notNull(),
  /** When it is tried next; of a held one and a digest: when it may leave. */
  nextMs: ms("next_ms").notNull(),
  /** What the far side answered last, and how long that took. */
  answer: text("answer"),
  tookMs: ms("took_ms"),
  createdMs: ms("created_ms").notNull(),
  doneMs: ms("done_ms"),
  /** JSON: recipients that have not got it yet, when the far side judged them one by one; null: all or none. */
  remaining: text("remaining", { mode: "json" }).$type<readonly string[]>(),
}, (t) => [
  uniqueIndex("deliveries_once").on(t.eventId, t.channelId, t.target),
  index("deliveries_open").on(t.channelId, t.nextMs)
    .where(sql`state in ('waiting', 'held', 'digest')`),
  index("deliveries_by_subject").on(t.subject, t.channelId, t.id),
  index("deliveries_by_state").on(t.state, t.id),
  index("deliveries_by_digest").on(t.digestId).where(sql`digest_id is not null`),
  index("deliveries_by_time").on(t.createdMs),
]);

export type DeliveryRow = typeof deliveries.$inferSelect;

/** The result of each try; the newest few of a delivery. A row without outcome was cut short. */
export const deliveryTries = sqliteTable("delivery_tries", {
  deliveryId: integer("delivery_id").notNull(),
  n: integer("n").notNull(),
  tMs: ms("t_ms").notNull(),
  tookMs: ms("took_ms"),
  /** Null: it runs, or Perch ended meanwhile. */
  outcome: text("outcome", { enum: ["delivered", "retry", "failed", "gone"] }),
  answer: text("answer"),
}, (t) => [
  primaryKey({ columns: [t.deliveryId, t.n] }),
  index("delivery_tries_by_time").on(t.tMs),
]);

export type TryRow = typeof deliveryTries.$inferSelect;

/** What every rule decided about an event. */
export const routings = sqliteTable("routings", {
  eventId: integer("event_id").primaryKey(),
  subject: text("subject").notNull(),
  tMs: ms("t_ms").notNull(),
  /** JSON (lib/notify/routed.ts). */
  decisions: text("decisions", { mode: "json" }).notNull(),
}, (t) => [index("routings_by_subject").on(t.subject, t.eventId)]);

/** How far each upload of readings is (lib/notify/thingspeak). */
export const uploadCursors = sqliteTable("upload_cursors", {
  name: text("name").primaryKey(),
  /** Readings before this time are uploaded. */
  atMs: ms("at_ms").notNull(),
});
