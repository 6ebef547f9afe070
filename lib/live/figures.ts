/** What happened today and in the last hour, and what waits: `GET /api/metrics`. */
import { z } from "zod";
import { msField } from "../base/wire.ts";
import type { Minute } from "./activity.ts";
import { componentShape, statusShape } from "./status_shape.ts";

const n = z.number();
const both = z.object({ today: n, last_hour: n });
const tries = z.object({
  tries: n,
  good: n,
  success: n.nullable().describe("0…1; null: no tries"),
}).meta({ id: "Tries" });

const minuteShape = z.object({ at_ms: msField, readings: n, events: n, alarms: n })
  .meta({ id: "Minute" });

export const figuresShape = z.object({
  at_ms: msField,
  uptime_s: n,
  zone: z.string().describe("today is a day in it"),
  today_from_ms: msField,
  readings: both.extend({
    per_s: n,
    rejected: n.describe("messages refused as a whole, since the start"),
  }).describe("`last_hour` from the start on"),
  events: both.extend({
    by_type: z.array(z.object({ type: z.string(), today: n, last_hour: n }))
      .describe("by when they happened"),
  }),
  alarms: both.extend({ open: statusShape.shape.alarms }).describe("raised"),
  deliveries: z.object({ today: tries, last_hour: tries, failed: n })
    .meta({ id: "DeliveryFigures" }),
  queues: z.object({ intake: n, detection: n, deliveries: n })
    .meta({ id: "Queues", description: "what waits" }),
  components: z.array(componentShape.extend({ success: n.nullable() }).meta({ id: "Program" }))
    .describe("programs that report"),
  activity: z.array(minuteShape).describe("the last ten minutes, oldest first"),
}).meta({ id: "Metrics" });
export type Figures = z.output<typeof figuresShape>;

export const minuteOf = ({ atMs, ...counts }: Minute) => ({ at_ms: atMs, ...counts });

/** Share of tries that succeeded, 0…1; null when there were none. */
export function successOf(tries: number | null, good: number | null): number | null {
  return tries === null || tries === 0 || good === null ? null : good / tries;
}

/** Counts by type of two spans as one list, the most frequent of today first. */
export function byType(
  today: ReadonlyMap<string, number>,
  lastHour: ReadonlyMap<string, number>,
): Figures["events"]["by_type"] {
  const types = [...new Set([...today.keys(), ...lastHour.keys()])];
  return types.map((type) => ({
    type,
    today: today.get(type) ?? 0,
    last_hour: lastHour.get(type) ?? 0,
  })).sort((a, b) => b.today - a.today || a.type.localeCompare(b.type));
}
