import { z } from "zod";
import { type Moment, timeField } from "../../lib/base/epoch.ts";
import type { Clock } from "../../lib/base/clock.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { msField } from "../../lib/base/wire.ts";
import { QUANTITIES } from "../../lib/health/history/quantities.ts";
import { hostReportShape, hostSummaryShape } from "../../lib/health/history/report.ts";
import type { HostView } from "../../lib/health/history/view.ts";
import type { IntakeStats } from "../../lib/intake/intake.ts";
import { HOUR_MS } from "../../lib/words/times.ts";
import { list } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

export interface HostServices {
  hostView: HostView;
  clock: Clock;
  uptimeS: () => number;
  intake: { stats(): IntakeStats };
}

const POINTS_MOST = 2_000;
const POINTS = 300;
const RANGE_MS = 6 * HOUR_MS;
const NAMES = QUANTITIES.map(({ name }) => name) as [string, ...string[]];

const performanceShape = z.object({
  at_ms: msField,
  uptime_s: z.number().describe("of Perch"),
  readings_per_s: z.number(),
  values: z.record(z.string(), z.number().nullable()).describe(
    "by quantity; null: not measured. What is written a day (…_writes, MB) is of the last 24 hours, null until there " +
      "is half an hour of history",
  ),
}).meta({ id: "HostPerformance" });

const numbers = z.array(z.number());
const historyShape = z.object({
  from_ms: msField,
  to_ms: msField,
  series: z.array(z.object({
    name: z.string(),
    title: z.string(),
    unit: z.string(),
    sensor: z.string().nullable().describe("id; null: never measured"),
    t: numbers,
    min: numbers,
    mean: numbers,
    max: numbers,
    n: numbers,
  })),
}).meta({ id: "HostHistory" });

const HistoryQuery = z.object({
  from: timeField("default six hours before `to`"),
  to: timeField("exclusive; default now"),
  points: z.coerce.number().int().min(1).max(POINTS_MOST).optional()
    .describe(`most buckets of a series; default ${POINTS}`),
  names: list(z.enum(NAMES)).optional(),
});

/** @throws PerchError `validation` when the range is empty */
function rangeOf(from: Moment | undefined, to: Moment | undefined, nowMs: number) {
  const toMs = to?.(nowMs) ?? nowMs + 1;
  const fromMs = from?.(nowMs) ?? toMs - RANGE_MS;
  if (fromMs < toMs) return { fromMs, toMs };
  const message = `${fromMs} is not before \`to\` (${toMs})`;
  throw new PerchError("validation", `query.from: ${message}`, {
    errors: [{ path: "query.from", message }],
  });
}

/** `/api/health*` and `/api/metrics/*`: the host that Perch runs on. */
export function hostRoutes({ hostView, clock, uptimeS, intake }: HostServices): Route[] {
  const tags = ["Host"];
  return [
    route({
      method: "get",
      path: "/api/health",
      policy: "viewer",
      summary: "All that is measured of the host, and what is wrong with it",
      tags,
      responses: { 200: { description: "The host now", schema: hostReportShape } },
      handler: async () => Response.json(await hostView.report()),
    }),
    route({
      method: "get",
      path: "/api/health/summary",
      policy: "viewer",
      summary: "How the host is, in a sentence",
      tags,
      responses: { 200: { description: "In a sentence", schema: hostSummaryShape } },
      handler: async () => {
        const { at_ms, status, sentence, problems } = await hostView.report();
        return Response.json({ at_ms, status, sentence, problems });
      },
    }),
    route({
      method: "get",
      path: "/api/metrics/performance",
      policy: "viewer",
      summary: "The latest numbers of the host and of Perch",
      tags,
      responses: { 200: { description: "Numbers by name", schema: performanceShape } },
      handler: async () => {
        const { atMs, values } = await hostView.values();
        return Response.json({
          at_ms: atMs,
          uptime_s: Math.floor(uptimeS()),
          readings_per_s: Math.round(intake.stats().ratePerS * 10) / 10,
          values,
        });
      },
    }),
    route({
      method: "get",
      path: "/api/metrics/history",
      policy: "viewer",
      summary: "The host over time",
      tags,
      query: HistoryQuery,
      example: { query: { from: "-6h", points: "100", names: "cpu,temperature" } },
      responses: {
        200: { description: "A series for each quantity, as columns", schema: historyShape },
        400: { description: "A field is wrong; it is named" },
      },
      handler: async ({ query: { from, to, points = POINTS, names } }) => {
        const range = rangeOf(from, to, clock.now());
        const series = await hostView.history({ ...range, points }, names);
        return Response.json({
          from_ms: range.fromMs,
          to_ms: range.toMs,
          series: series.map(({ quantity, sensor, t, min, mean, max, n }) => ({
            name: quantity.name,
            title: quantity.title,
            unit: quantity.unit,
            sensor: sensor?.id ?? null,
            t,
            min,
            mean,
            max,
            n,
          })),
        });
      },
    }),
  ];
}
