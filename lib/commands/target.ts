/** What can be told, and what people set of it. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { type OrderSpec, orderSpecShape } from "../machines/order.ts";
import { conditionShape } from "./condition.ts";

/** The way of what a person set up: a topic and a payload. All others are dialects. */
export const OWN_WAY = "mqtt";

/** How somebody tells a device by MQTT that did not announce itself. */
export const mqttWayShape = z.strictObject({
  topic: z.string().trim().min(1).max(500)
    .regex(/^[^+#\0$][^+#\0]*$/, "must be a topic without + and #, not beginning with $")
    .describe("where the order is published"),
  payload: z.string().max(2000).default("{value}")
    .describe("{value} stands for the value, or for the words of a switch"),
  on: z.string().max(200).default("ON").describe("of a switch"),
  off: z.string().max(200).default("OFF").describe("of a switch"),
  qos: z.union([z.literal(0), z.literal(1)]).default(1),
}).meta({ id: "CommandWay" });
export type MqttWay = z.output<typeof mqttWayShape>;

export const targetSettingsShape = z.strictObject({
  enabled: z.boolean().default(true),
  dangerous: z.boolean().default(false).describe("people confirm each order; no rule gives one"),
  min: z.number().nullable().default(null).describe("narrower than the device's own"),
  max: z.number().nullable().default(null).describe("narrower than the device's own"),
  confirm_s: z.number().int().min(1).max(3600).default(10)
    .describe("how long its state may take to show the order"),
  min_interval_s: z.number().min(0).max(86_400).default(1).describe("between two orders"),
  per_hour: z.number().int().min(1).max(3600).default(120).describe("orders at most"),
  only_while: conditionShape.nullable().default(null).describe("interlock"),
}).meta({ id: "CommandSettings" });
export type TargetSettings = z.output<typeof targetSettingsShape>;

/** A target that a person sets up. */
export const newTargetShape = z.strictObject({
  name: z.string().trim().min(1, "give it a name").max(120),
  /** Of a switch, number or select: its state. Of a button without one, `machine` says where it is. */
  sensor: z.string().min(1).max(2000).nullable().default(null)
    .describe("id or name of the sensor that shows its state"),
  machine: z.string().min(1).max(2000).nullable().default(null)
    .describe("path or id, where there is no sensor"),
  kind: orderSpecShape.shape.kind,
  min: z.number().optional(),
  max: z.number().optional(),
  step: z.number().positive().optional(),
  options: z.array(z.string().min(1).max(200)).min(1).max(200).optional(),
  way: mqttWayShape,
  settings: targetSettingsShape.partial().optional(),
}).meta({ id: "NewCommandTarget" });
export type NewTarget = z.output<typeof newTargetShape>;

export const targetPatchShape = z.strictObject({
  name: newTargetShape.shape.name.optional(),
  settings: z.strictObject(
    Object.fromEntries(
      Object.entries(targetSettingsShape.shape).map((
        [name, field],
      ) => [name, (field as z.ZodDefault).unwrap() as z.ZodType]),
    ),
  ).partial().optional(),
  way: mqttWayShape.optional().describe("of one that a person set up"),
}).meta({ id: "CommandTargetPatch" });
export type TargetPatch = {
  name?: string;
  settings?: Partial<TargetSettings>;
  way?: MqttWay;
};

/** What can be told, in memory. */
export interface Target {
  id: string;
  /** Storage number of the sensor that shows its state. */
  sensorNum: number | null;
  /** The announced entity; null: a person set it up. */
  entityUid: string | null;
  machineId: string;
  name: string;
  spec: OrderSpec;
  settings: TargetSettings;
  createdMs: number;
}

/** A target as the API and the pages show it. */
export const targetShape = z.object({
  id: z.string(),
  name: z.string(),
  machine: z.string().nullable(),
  sensor: z.string().nullable().describe("its state: name of the sensor"),
  sensor_id: z.string().nullable(),
  kind: orderSpecShape.shape.kind,
  min: z.number().nullable(),
  max: z.number().nullable(),
  step: z.number().nullable(),
  options: z.array(z.string()).nullable(),
  unit: z.string().nullable(),
  announced: z.boolean(),
  dialect: z.string(),
  ready: z.boolean().describe("an order would be sent now"),
  why_not: z.string().nullable(),
  value: z.union([z.number(), z.string(), z.boolean()]).nullable().describe("its state now"),
  value_ms: msField.nullable(),
  settings: targetSettingsShape,
  way: mqttWayShape.nullable().describe("for admins, of one that a person set up"),
  created_ms: msField,
}).meta({ id: "CommandTarget" });
export type TargetView = z.output<typeof targetShape>;
