/**
 * The whole data model. Read this first.
 *
 * The SQL that creates it stands in `migrations/` (append-only); this is the same for drizzle and for
 * the reader. Times are epoch milliseconds UTC, whole.
 */
import { blob, index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** One row per sensor, created with its first reading. Everything else points at `num`. */
export const sensors = sqliteTable("sensors", {
  /** Small storage number, never shown. */
  num: integer("num").primaryKey(),
  /** Public id: depends on the name at creation alone and survives renaming. */
  id: text("id").notNull().unique(),
  /** Full path `<area…>/<machine>/<sensor>`. */
  name: text("name").notNull().unique(),
  /** The name without its last level. */
  machine: text("machine").notNull(),
  /** The last level of the name. */
  sensor: text("sensor").notNull(),
  unit: text("unit"),
  kind: text("kind", { enum: ["number", "binary", "text"] }).notNull(),
  /** `new` until a person confirms it. */
  review: text("review", { enum: ["new", "confirmed"] }).notNull(),
  createdMs: integer("created_ms").notNull(),
});

/** The texts of a `text` sensor; readings hold the code. */
export const sensorStates = sqliteTable("sensor_states", {
  sensorNum: integer("sensor_num").notNull(),
  code: integer("code").notNull(),
  text: text("text").notNull(),
}, (t) => [primaryKey({ columns: [t.sensorNum, t.code] })]);

/**
 * The journal: one row per commit group, a packed blob (format: lib/readings/README.md). Two tables
 * that take turns, so that freeing one is a single unqualified DELETE. `id` increases over both.
 */
export const journalA = sqliteTable("journal_a", {
  id: integer("id").primaryKey(),
  b: blob("b", { mode: "buffer" }).notNull(),
});
export const journalB = sqliteTable("journal_b", {
  id: integer("id").primaryKey(),
  b: blob("b", { mode: "buffer" }).notNull(),
});

/** Where the journal of a sensor ends and its chunks begin. Written with each sealed chunk. */
export const series = sqliteTable("series", {
  sensor: integer("sensor").primaryKey(),
  /** Readings of this sensor in journal rows up to this id are in chunks: the chunk wins. */
  sealedGroup: integer("sealed_group").notNull(),
  /** Newest sealed reading. */
  newestMs: integer("newest_ms").notNull(),
  newestValue: real("newest_value").notNull(),
  /** Largest `seq` that was ever sealed; null when there was none. */
  maxSeq: real("max_seq"),
});

/**
 * Sealed readings: one row per sensor and part, ordered by time inside. Parts of a sensor may overlap
 * while late data waits to be merged.
 */
export const chunks = sqliteTable("chunks", {
  id: integer("id").primaryKey(),
  sensor: integer("sensor").notNull(),
  firstMs: integer("first_ms").notNull(),
  /** Inclusive. */
  lastMs: integer("last_ms").notNull(),
  /** Arrival rank: among equal times, readings of the lower rank came first. */
  rank: integer("rank").notNull(),
  n: integer("n").notNull(),
  /** Bytes of `minutes` and `data`. */
  bytes: integer("bytes").notNull(),
  min: real("min").notNull(),
  max: real("max").notNull(),
  sum: real("sum").notNull(),
  /** Count, min, max and sum of every minute; stands before the data so that reading it skips the data. */
  minutes: blob("minutes", { mode: "buffer" }).notNull(),
  data: blob("data", { mode: "buffer" }).notNull(),
}, (t) => [index("chunks_by_sensor").on(t.sensor, t.lastMs, t.firstMs)]);

/** The clock that retention trusts (one row): it follows the host's clock, but never in jumps. */
export const retention = sqliteTable("retention", {
  one: integer("one").primaryKey(),
  trustedMs: integer("trusted_ms").notNull(),
});

/** Answers to requests with an `Idempotency-Key`, kept for 24 h, written with their readings. */
export const idempotency = sqliteTable("idempotency", {
  scope: text("scope").notNull(),
  key: text("key").notNull(),
  requestHash: text("request_hash").notNull(),
  response: text("response").notNull(),
  createdMs: integer("created_ms").notNull(),
}, (t) => [primaryKey({ columns: [t.scope, t.key] })]);
