/** Codecs, detectors and fault detectors that somebody wrote (lib/scripts). Their present text is the file. */
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { bytes, ms } from "./columns.ts";

const kind = () =>
  text("kind", { enum: ["codec", "detector", "fault_detector", "driver"] }).notNull();

/** A script that Perch has met, and whether it may run. */
export const scripts = sqliteTable("scripts", {
  kind: kind(),
  /** Of the file, without `.js`. */
  name: text("name").notNull(),
  /** sha256 of the text that may run; of any other text it is off. */
  hash: text("hash").notNull(),
  /** `awaiting`: restored or imported, off until an admin approves it. */
  state: text("state", { enum: ["on", "off", "awaiting"] }).notNull(),
  /** Name of who decided; null: the file was put there on the host. */
  actor: text("actor"),
  changedMs: ms("changed_ms").notNull(),
}, (t) => [primaryKey({ columns: [t.kind, t.name] })]);

/** Every text that a script had. */
export const scriptVersions = sqliteTable("script_versions", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  kind: kind(),
  name: text("name").notNull(),
  hash: text("hash").notNull(),
  source: text("source").notNull(),
  tMs: ms("t_ms").notNull(),
  actor: text("actor"),
  /** Why it was changed: `edited`, `found on disk`, `correction 12`, `rolled back`. */
  reason: text("reason").notNull(),
}, (t) => [index("script_versions_by_name").on(t.kind, t.name, t.id)]);

/** The latest messages of each codec, to try a changed one on. */
export const scriptSamples = sqliteTable("script_samples", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  kind: kind(),
  name: text("name").notNull(),
  tMs: ms("t_ms").notNull(),
  topic: text("topic").notNull(),
  payload: bytes("payload").notNull(),
}, (t) => [index("script_samples_by_name").on(t.kind, t.name, t.id)]);
