/** What tiles show at a moment: names, values and words, and no ids but in the links of those who signed in. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import { sparkShape } from "./shapes.ts";
import { STATES } from "../words/past_spans.ts";
import { MACHINE_STATUSES, SENSOR_STATUSES } from "./status_words.ts";

const head = {
  title: z.string(),
  about: z.string().nullable().describe("the machine, or the part of the plant"),
  href: z.string().nullable().describe("null: for a screen"),
};

const valueFields = {
  text: z.string().nullable().describe("null: nothing came yet"),
  unit: z.string().nullable(),
  status: z.enum(SENSOR_STATUSES).nullable().describe("null: the sensor is gone"),
  at_ms: msField.nullable().describe("when the value arrived"),
  silent: z.boolean().describe("longer than it usually is"),
};

const rowShape = z.object({ ...head, ...valueFields });
export type BoardRow = z.output<typeof rowShape>;

const machineShape = z.object({
  ...head,
  key: z.number().describe("its place among the machines of the tile, whatever their status"),
  status: z.enum(MACHINE_STATUSES),
  since_ms: msField,
  past: z.array(z.object({ from_ms: msField, to_ms: msField, state: z.enum(STATES) }))
    .nullable().describe("how it was in the last 24 h; null: not asked for, or too many machines"),
});
export type BoardMachine = z.output<typeof machineShape>;

const lineShape = z.object({
  title: z.string(),
  unit: z.string().nullable(),
  kind: z.enum(["number", "binary", "text"]),
  t: z.array(z.number()),
  min: z.array(z.number()),
  mean: z.array(z.number()),
  max: z.array(z.number()),
  bucket_ms: z.number(),
  missing: z.boolean().describe("some readings are missing: the history server did not answer"),
  states: z.array(z.string()).describe("what its values mean, where they are no measures"),
  interval_ms: z.number().nullable().describe("its usual time between readings"),
  limits: z.object({
    warning_low: z.number().nullable(),
    warning_high: z.number().nullable(),
    critical_low: z.number().nullable(),
    critical_high: z.number().nullable(),
  }),
});
export type BoardLine = z.output<typeof lineShape>;

export const boardTileShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("value"), ...head, ...valueFields, spark: sparkShape.nullable() }),
  z.object({
    kind: z.literal("chart"),
    ...head,
    from_ms: msField,
    to_ms: msField,
    lines: z.array(lineShape).nullable().describe("null: not asked for"),
  }),
  z.object({ kind: z.literal("table"), ...head, rows: z.array(rowShape), more: z.number() }),
  z.object({
    kind: z.literal("status"),
    ...head,
    attention: z.array(machineShape).describe("the worst first"),
    others: z.array(machineShape),
    more: z.number(),
  }),
  z.object({ kind: z.literal("text"), ...head }),
]).meta({ id: "BoardTile" });
export type BoardTile = z.output<typeof boardTileShape>;
export type BoardTileOf<K extends BoardTile["kind"]> = Extract<BoardTile, { kind: K }>;

export const boardShape = z.object({
  version: z.string().describe("with another one the page has to be loaded anew"),
  now_ms: msField,
  charts_every_ms: z.number().describe("before then its charts do not change"),
  tiles: z.array(boardTileShape),
}).meta({ id: "Board" });
export type Board = z.output<typeof boardShape>;
