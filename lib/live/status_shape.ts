import { z } from "zod";
import { msField, oldMs } from "../base/wire.ts";
import { COMPONENT_HEALTH, OVERALL } from "./components.ts";
import { reportedShape } from "./reported_shape.ts";
import { MACHINE_STATUSES } from "./status_words.ts";

const count = z.number();
const statusField = z.enum(MACHINE_STATUSES);

/** How Perch is doing, in one small object: the system line of the overview and the `status` event. */
export const statusShape = z.object({
  at_ms: msField,
  ts: oldMs("at_ms"),
  overall: z.enum(OVERALL),
  sensors: z.object({ total: count, offline: count, unreviewed: count })
    .meta({ id: "SensorCounts" }),
  machines: z.object({
    total: count,
    normal: count,
    warning: count,
    critical: count,
    offline: count,
    maintenance: count,
  }).describe("by status; normal ones with an open alarm by its severity"),
  alarms: z.object({
    info: count,
    warning: count,
    critical: count,
    waiting: count.describe("neither acknowledged nor shelved"),
    waiting_critical: count,
  }).meta({ id: "OpenAlarms", description: "open ones by severity" }),
  changes: z.array(z.object({
    machine: z.string().optional(),
    sensor: z.string().optional(),
    status: statusField,
    before: statusField,
    at_ms: msField,
    ts: oldMs("at_ms"),
  })).describe("in `status` events: what changed since the event before"),
  readings: z.object({
    per_s: z.number(),
    stored: count.describe("on disk, all time"),
    rejected: count.describe("messages refused as a whole, since the start"),
    duplicate: count,
    waiting: count,
  }),
  database_bytes: z.number(),
  disk_used: z.number().nullable().describe("share of the disk, 0…1; null where it is not known"),
  backup_ms: msField.nullable().describe("when the last verified backup was made; null: none"),
  streams: count,
});
export type Status = z.output<typeof statusShape>;

/** A part of Perch and how it is doing. */
export const componentShape = z.object({
  name: z.string(),
  health: z.enum(COMPONENT_HEALTH),
  detail: z.string(),
  reported: reportedShape.optional().describe("of another program: what it said"),
}).meta({ id: "Component" });
