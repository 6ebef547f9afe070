/** Devices that announce themselves (lib/sources/devices), and inputs that a person set up. */
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { ms } from "./columns.ts";

/** A device as it announced itself. */
export const devices = sqliteTable("devices", {
  /** Names it over all dialects: `ha:press7`. */
  uid: text("uid").primaryKey(),
  /** The dialect in which it announced itself. */
  dialect: text("dialect").notNull(),
  /** JSON: name, manufacturer, model, versions … (lib/sources/devices/device.ts). */
  about: text("about", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** The machine that its sensors belong to: public id. */
  machineId: text("machine_id").notNull(),
  createdMs: ms("created_ms").notNull(),
});

/** What a device measures or can be told, as it was announced. A sensor is found by its `uid`, never by a topic. */
export const entities = sqliteTable(
  "entities",
  {
    uid: text("uid").primaryKey(),
    deviceUid: text("device_uid").notNull(),
    /** Storage number of its sensor; null: it measures nothing (a button). */
    sensorNum: integer("sensor_num"),
    /** JSON: as it was announced (lib/sources/devices/device.ts). */
    announced: text("announced", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
    /** The device took it back; its history stays. Null: it is there. */
    retiredMs: ms("retired_ms"),
  },
  (t) => [index("entities_by_device").on(t.deviceUid), index("entities_by_sensor").on(t.sensorNum)],
);

/** What is asked in turn: probes, heartbeats, Modbus, scrapes (lib/sources/polls). */
export const polls = sqliteTable("polls", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** One of `lib/sources/polls/kinds`. */
  kind: text("kind").notNull(),
  /** JSON without secrets: what the kind is told. */
  options: text("options", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** JSON of the secret options, encrypted with the key in `channels.key`. */
  secrets: text("secrets").notNull(),
  /** JSON: how often, how long to wait, when it is down (lib/sources/polls/poll.ts). */
  settings: text("settings", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** Path of the machine that its readings come under. */
  machine: text("machine").notNull(),
  /** `192.168.1.20:502`: an admin allowed that it connects to it; null: nobody did. */
  allowed: text("allowed"),
  /** Of a heartbeat: SHA-256 of the secret in its address, hex. */
  secretHash: text("secret_hash").unique(),
  enabled: integer("enabled", { mode: "boolean" }).notNull(),
  createdMs: ms("created_ms").notNull(),
});
export type PollRow = typeof polls.$inferSelect;

/** Inputs of this host's own buses that were added (lib/sources/hardware). */
export const hardwareInputs = sqliteTable("hardware_inputs", {
  /** What the bus knows it by: `w1:28-00000a1b2c3d`. */
  id: text("id").primaryKey(),
  driver: text("driver").notNull(),
  /** Path of the sensor. */
  sensor: text("sensor").notNull(),
  /** JSON: interval, pin, pulses for a unit … (lib/sources/hardware/driver.ts). */
  settings: text("settings", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** JSON: what has to be known over a restart, such as a pulse counter's count. */
  state: text("state", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  createdMs: ms("created_ms").notNull(),
});

/** Sensors that are computed from others (lib/computed). */
export const computedSensors = sqliteTable("computed_sensors", {
  /** Storage number of the sensor. */
  sensorNum: integer("sensor_num").primaryKey(),
  /** JSON: how, and from which (lib/computed/computed.ts). */
  spec: text("spec", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** JSON: where it stands, and totals. */
  state: text("state", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** The history is computed up to here; null: all of it. */
  recomputeMs: ms("recompute_ms"),
  createdMs: ms("created_ms").notNull(),
});

/** What can be told to a device (lib/commands): of a sensor, or of a button. */
export const commandTargets = sqliteTable("command_targets", {
  id: text("id").primaryKey(),
  /** Storage number of the sensor that shows its state; null: none. */
  sensorNum: integer("sensor_num"),
  /** The announced entity that it comes from; null: a person set it up. */
  entityUid: text("entity_uid").unique(),
  machineId: text("machine_id").notNull(),
  name: text("name").notNull(),
  /** JSON: topics, payloads, limits (lib/commands/target.ts). */
  spec: text("spec", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  /** JSON: what a person set: dangerous, limits, how often, interlocks. */
  settings: text("settings", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  createdMs: ms("created_ms").notNull(),
}, (t) => [index("command_targets_by_sensor").on(t.sensorNum)]);

/** Every order that was given, by whom, and what came of it. */
export const commands = sqliteTable("commands", {
  id: text("id").primaryKey(),
  targetId: text("target_id").notNull(),
  /** JSON: number, true or false, text. */
  value: text("value", { mode: "json" }).notNull(),
  /** Who: as in the audit log, `rule:<id>` for a rule. */
  actor: text("actor").notNull(),
  state: text("state", {
    enum: ["sent", "confirmed", "unconfirmed", "refused", "failed"],
  }).notNull(),
  /** Why it was refused or failed. */
  reason: text("reason"),
  tMs: ms("t_ms").notNull(),
  doneMs: ms("done_ms"),
}, (t) => [index("commands_by_target").on(t.targetId, t.tMs), index("commands_by_time").on(t.tMs)]);

/** Orders that are given by themselves. */
export const commandRules = sqliteTable("command_rules", {
  id: text("id").primaryKey(),
  name: text("name").notNull().unique(),
  /** JSON: condition, for how long, when, how often (lib/commands/rule.ts). */
  rule: text("rule", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
  targetId: text("target_id").notNull(),
  enabled: integer("enabled", { mode: "boolean" }).notNull(),
  /** When it gave its order last; null: never. */
  firedMs: ms("fired_ms"),
  createdMs: ms("created_ms").notNull(),
});
