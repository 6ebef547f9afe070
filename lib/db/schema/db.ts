/** What the database keeps about itself. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** The time that Perch trusts (one row); lib/base/trusted_time.ts says how it moves. */
export const trustedClock = sqliteTable("trusted_clock", {
  one: integer("one").primaryKey(),
  trustedMs: ms("trusted_ms").notNull(),
  creditMs: ms("credit_ms").notNull(),
  stoodMs: ms("stood_ms").notNull(),
  unprovenMs: ms("unproven_ms").notNull(),
  known: integer("known", { mode: "boolean" }).notNull(),
});

/** One row, written while storage is in trouble to find out when it works again (lib/db/quick_check.ts). */
export const storageProbe = sqliteTable("storage_probe", {
  id: integer("id").primaryKey(),
  atMs: ms("at_ms").notNull(),
});

/** Who holds this database (lib/db/owner.ts): one row. */
export const owner = sqliteTable("owner", {
  /** Always 1. */
  id: integer("id").primaryKey(),
  /** Counts up with every start; every transaction checks it. */
  epoch: integer("epoch").notNull(),
  host: text("host").notNull(),
  pid: integer("pid").notNull(),
  /** Host and data directory, hashed: who starts there holds the lock of the one before. */
  place: text("place").notNull(),
  sinceMs: ms("since_ms").notNull(),
  /** On a libSQL server: its own time of the last sign of life; 0 after a clean end. In a file: 0. */
  beatMs: ms("beat_ms").notNull(),
});

/** The nodes that share a libSQL server (lib/db/nodes.ts), each in its row; none with a file. */
export const nodes = sqliteTable("nodes", {
  /** Where the others reach it. */
  url: text("url").primaryKey(),
  host: text("host").notNull(),
  /** Says whether it has the same keys as the others, without them. */
  keys: text("keys").notNull(),
  /** The owner's epoch that it has, or had last; 0: it never was the owner. */
  keeps: integer("keeps").notNull(),
  /** How long the owner may be silent. */
  leaseMs: ms("lease_ms").notNull(),
  /** By the server's clock. */
  seenMs: ms("seen_ms").notNull(),
});
