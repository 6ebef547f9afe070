/** Cameras, and the pictures that were kept (lib/cameras). */
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** A camera as somebody entered it. */
export const cameras = sqliteTable("cameras", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** One of `lib/cameras/kinds`. */
  kind: text("kind").notNull(),
  /** JSON without secrets: what the kind is told. */
  options: text("options", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** JSON of the secret options, encrypted with the key in `channels.key`. */
  secrets: text("secrets").notNull(),
  /** JSON: pictures that are kept, thresholds, recovery (lib/cameras/camera.ts). */
  settings: text("settings", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** The machine that it looks at; null: none. */
  machineId: text("machine_id"),
  /** `192.168.1.20:554`: an admin allowed that this camera connects to it; null: nobody did. */
  allowed: text("allowed"),
  enabled: integer("enabled", { mode: "boolean" }).notNull(),
  createdMs: ms("created_ms").notNull(),
});
export type CameraRow = typeof cameras.$inferSelect;

/** What a camera has to remember over a restart. */
export const cameraStates = sqliteTable("camera_states", {
  cameraId: text("camera_id").primaryKey(),
  /** When the hook was called or a reboot asked for last. */
  lastResortMs: ms("last_resort_ms"),
});

/** Pictures that were kept. The file stands under `cameras` in the data directory. */
export const cameraImages = sqliteTable("camera_images", {
  id: integer("id").primaryKey({ autoIncrement: true }),
  cameraId: text("camera_id").notNull(),
  /** When the picture was taken. */
  tMs: ms("t_ms").notNull(),
  /** Below the folder, `<camera>/2026/11/29/201502-117.jpg`. */
  file: text("file").notNull().unique(),
  bytes: integer("bytes").notNull(),
  width: integer("width").notNull(),
  height: integer("height").notNull(),
  reason: text("reason", { enum: ["interval", "alarm", "asked"] }).notNull(),
  /** The alarm that it was kept for; null: none. */
  alarmId: text("alarm_id"),
}, (t) => [
  index("camera_images_by_camera").on(t.cameraId, t.tMs),
  index("camera_images_by_reason").on(t.cameraId, t.reason, t.tMs),
  index("camera_images_by_alarm").on(t.alarmId),
  index("camera_images_by_time").on(t.tMs),
]);
export type CameraImageRow = typeof cameraImages.$inferSelect;
