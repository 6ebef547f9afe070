/** Machines and their sensors. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

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
  createdMs: ms("created_ms").notNull(),
  /** JSON: limits, calibration, expected interval … (lib/machines/sensor_settings.ts); `{}` is all defaults. */
  settings: text("settings").notNull().default("{}"),
  /** Deleted sensors keep their readings and can be restored. */
  deletedMs: ms("deleted_ms"),
  /** The unit that its device reports, when it says one. */
  deviceUnit: text("device_unit"),
  /** JSON: units that the device reported beside that one (lib/machines/units.ts). */
  otherUnits: text("other_units", { mode: "json" }),
});

/** The texts of a `text` sensor; readings hold the code. */
export const sensorStates = sqliteTable("sensor_states", {
  sensorNum: integer("sensor_num").notNull(),
  code: integer("code").notNull(),
  text: text("text").notNull(),
}, (t) => [primaryKey({ columns: [t.sensorNum, t.code] })]);

/** One row per machine, created with its first sensor or by hand. Its place in the plant is its path. */
export const machines = sqliteTable("machines", {
  path: text("path").primaryKey(),
  /** Public id; depends on the path at creation alone. */
  id: text("id").notNull().unique(),
  /** What people call it; null: the path's last level. */
  name: text("name"),
  /** JSON array. */
  tags: text("tags", { mode: "json" }).$type<string[]>().notNull(),
  notes: text("notes").notNull(),
  review: text("review", { enum: ["new", "confirmed"] }).notNull(),
  createdMs: ms("created_ms").notNull(),
  deletedMs: ms("deleted_ms"),
  /** JSON: file, type, bytes, width, height, alt (lib/machines/photos.ts); null: none. */
  photo: text("photo", { mode: "json" }),
  /** JSON array: paths it had before; readings that come under them are its own. */
  formerPaths: text("former_paths", { mode: "json" }).$type<string[]>().notNull().default([]),
});

/** Times in which machines are worked on. */
export const maintenanceWindows = sqliteTable("maintenance_windows", {
  id: text("id").primaryKey(),
  /** A machine or a part of the plant above machines; empty: all of it. */
  path: text("path").notNull(),
  title: text("title").notNull(),
  /** JSON: once (from, to) or weekly (days, start, end) in the site's time zone. */
  timing: text("timing", { mode: "json" }).notNull(),
  createdMs: ms("created_ms").notNull(),
  /** Deleted windows can be restored for a while. */
  deletedMs: ms("deleted_ms"),
});
