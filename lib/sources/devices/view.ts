/** Devices that announced themselves, as the API and the pages show them. */
import { z } from "zod";
import { msField } from "../../base/wire.ts";

export const entityShape = z.object({
  uid: z.string(),
  name: z.string(),
  kind: z.enum(["number", "binary", "text"]).nullable().describe("null: it measures nothing"),
  unit: z.string().nullable(),
  sensor: z.string().nullable().describe("full name; null: nothing is kept of it"),
  diagnostic: z.boolean().describe("about the device itself"),
  enabled: z.boolean(),
  available: z.boolean().nullable().describe("null: it does not say"),
  retired_ms: msField.nullable().describe("its device took it back"),
  order: z.enum(["switch", "number", "select", "button"]).nullable(),
}).meta({ id: "Entity" });

export const deviceShape = z.object({
  uid: z.string(),
  dialect: z.string(),
  seen_as: z.string().describe("the dialect, for people"),
  name: z.string(),
  manufacturer: z.string().nullable(),
  model: z.string().nullable(),
  serial: z.string().nullable(),
  hardware: z.string().nullable(),
  software: z.string().nullable(),
  area: z.string().nullable(),
  via: z.string().nullable().describe("uid of the device by which it is reached"),
  machine: z.string().nullable().describe("path; null: it was deleted"),
  available: z.boolean().nullable().describe("as it says itself; null: it does not"),
  available_since_ms: msField.nullable(),
  created_ms: msField,
  entities: z.array(entityShape),
}).meta({ id: "Device" });

export type DeviceView = z.output<typeof deviceShape>;
export type EntityView = z.output<typeof entityShape>;

/** How a dialect is doing. */
export interface DialectView {
  name: string;
  title: string;
  enabled: boolean;
  devices: number;
  messages: number;
  refused: number;
  failed: number;
  lastMs: number | null;
  /** What was counted, most often first. */
  notes: { what: string; count: number }[];
}
