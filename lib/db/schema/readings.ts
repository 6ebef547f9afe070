/** The readings themselves. `lib/readings` reads and writes these tables as raw SQL (the packed bytes are its own). */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { bytes, ms } from "./columns.ts";

/**
 * The journal: one row per commit group, a packed blob (format: lib/readings/README.md). Two tables
 * that take turns, so that freeing one is a single unqualified DELETE. `id` increases over both.
 */
export const journalA = sqliteTable("journal_a", {
  id: integer("id").primaryKey(),
  b: bytes("b").notNull(),
});

export const journalB = sqliteTable("journal_b", {
  id: integer("id").primaryKey(),
  b: bytes("b").notNull(),
});

/** A function: columns belong to one table. */
const keptColumns = () => ({
  id: integer("id").primaryKey(),
  /** Readings in it. */
  n: integer("n").notNull(),
  /** Readings and bytes in it and all that were set aside before: sizes are known without reading the rows. */
  readings: integer("readings").notNull(),
  bytes: integer("bytes").notNull(),
  /** The newest of its times. */
  tMs: ms("t_ms").notNull(),
  b: bytes("b").notNull(),
});

/**
 * Groups of the journal that a reader which lags behind (what is forwarded to a centre) still needs: copied out of it,
 * so that its tables can be freed. Deleted once the reader has passed them.
 */
export const journalKept = sqliteTable("journal_kept", keptColumns());
/** The same for what goes to a broker. */
export const journalKeptMqtt = sqliteTable("journal_kept_mqtt", keptColumns());

/** Where the journal of a sensor ends and its chunks begin. Written with each sealed chunk. */
export const series = sqliteTable("series", {
  sensor: integer("sensor").primaryKey(),
  /** Readings of this sensor in journal rows up to this id are in chunks: the chunk wins. */
  sealedGroup: integer("sealed_group").notNull(),
  /** Newest sealed reading. */
  newestMs: ms("newest_ms").notNull(),
  newestValue: real("newest_value").notNull(),
  /** Largest `seq` that was ever sealed; null when there was none. */
  maxSeq: real("max_seq"),
  /** Earliest time in the chunks. */
  oldestMs: ms("oldest_ms").notNull(),
  /** Totals over the chunks of this sensor. */
  chunks: integer("chunks").notNull(),
  readings: integer("readings").notNull(),
  bytes: integer("bytes").notNull(),
  /** Checksum of what sealing wrote; null before the first seal that had one. */
  crc: integer("crc"),
});

/**
 * Sealed readings: one row per sensor and part, ordered by time inside. Parts of a sensor may overlap
 * while late data waits to be merged.
 */
export const chunks = sqliteTable("chunks", {
  id: integer("id").primaryKey(),
  sensor: integer("sensor").notNull(),
  firstMs: ms("first_ms").notNull(),
  /** Inclusive. */
  lastMs: ms("last_ms").notNull(),
  /** Arrival rank: among equal times, readings of the lower rank came first. */
  rank: integer("rank").notNull(),
  /** 1 while the part holds late data that overlaps others and waits to be merged. */
  late: integer("late").notNull(),
  n: integer("n").notNull(),
  /** Bytes of `minutes` and `data`. */
  bytes: integer("bytes").notNull(),
  min: real("min").notNull(),
  max: real("max").notNull(),
  sum: real("sum").notNull(),
  /** Count, min, max and sum of every minute; stands before the data so that reading it skips the data. */
  minutes: bytes("minutes").notNull(),
  data: bytes("data").notNull(),
}, (t) => [
  index("chunks_by_sensor").on(t.sensor, t.lastMs, t.firstMs),
  index("chunks_late").on(t.sensor).where(sql`late = 1`),
]);

/** How far the search for damage is (one row), and up to where there may be rows without checksums. */
export const scrub = sqliteTable("scrub", {
  one: integer("one").primaryKey(),
  uncheckedChunk: integer("unchecked_chunk").notNull(),
  uncheckedGroup: integer("unchecked_group").notNull(),
  /** The full pass continues after this chunk. */
  nextChunk: integer("next_chunk").notNull(),
  startedMs: ms("started_ms"),
  finishedMs: ms("finished_ms"),
});

/** What was found damaged and is not intact again: its readings are in no answer. */
export const damage = sqliteTable("damage", {
  kind: text("kind", { enum: ["chunk", "summary", "group", "series", "tier"] }).notNull(),
  /** Id of the chunk, journal group or row of `summaries`, number of the sensor. */
  ref: integer("ref").notNull(),
  /** Null: not known. */
  sensor: integer("sensor"),
  fromMs: ms("from_ms").notNull(),
  /** Exclusive. */
  toMs: ms("to_ms").notNull(),
  /** 0: not known. */
  readings: integer("readings").notNull(),
  reason: text("reason").notNull(),
  foundMs: ms("found_ms").notNull(),
  /** What is left of a journal group: its table is freed one day. */
  b: bytes("b"),
  /** When a person acknowledged it; null: nobody has. */
  acknowledgedMs: ms("acknowledged_ms"),
}, (t) => [primaryKey({ columns: [t.kind, t.ref] })]);

/**
 * Readings summed up, for what is older than the readings themselves are kept (lib/readings/tiers). Packed as the
 * minutes of a chunk are; each reading that was acknowledged is in exactly one of: journal, chunk, `own` summary.
 */
export const summaries = sqliteTable("summaries", {
  id: integer("id").primaryKey(),
  sensor: integer("sensor").notNull(),
  tier: text("tier", { enum: ["minute", "hour"] }).notNull(),
  /**
   * `own`: took the place of readings that were deleted. `imported`: hourly values from elsewhere. `index`: derived
   * from everything above for one block of hours, and deleted when something in it changes.
   */
  source: text("source", { enum: ["own", "imported", "index"] }).notNull(),
  firstMs: ms("first_ms").notNull(),
  /** Start of the last minute or hour in it. */
  lastMs: ms("last_ms").notNull(),
  /** Readings that it stands for. */
  n: integer("n").notNull(),
  bytes: integer("bytes").notNull(),
  data: bytes("data").notNull(),
}, (t) => [
  // With what is counted at each start, so that this reads the index alone.
  index("summaries_by_sensor").on(
    t.sensor,
    t.tier,
    t.source,
    t.lastMs,
    t.firstMs,
    t.n,
    t.bytes,
  ),
]);

/**
 * How far an import into chunks is, and what sensors had said themselves before something newer was imported: written
 * in one transaction with the readings.
 */
export const imports = sqliteTable("imports", {
  /** Id of the job; `last` and the number of a sensor. */
  name: text("name").primaryKey(),
  /** Where it continues; the importer's own words. */
  cursor: text("cursor").notNull(),
  stored: integer("stored").notNull(),
  /** Were there already. */
  repeated: integer("repeated").notNull(),
});
