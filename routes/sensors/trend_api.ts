import { z } from "zod";
import { timeField } from "../../lib/base/epoch.ts";
import { trendShape } from "../../lib/live/shapes.ts";
import { lasted, type Trend } from "../../lib/live/timeline.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import type { BucketResult } from "../../lib/readings/store.ts";
import { findSensor } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import { bucketColumns, rangeOf, wholeField } from "./readings_api.ts";
import type { SensorServices } from "./request.ts";

const TrendQuery = z.object({
  from: timeField("default one hour before `to`"),
  to: timeField("exclusive; default now"),
  points: wholeField(1, 2000).optional().describe("most buckets; default 600"),
});

/** `/api/sensors/:id/trend`: what a chart of a sensor shows. */
export function trendRoute(services: SensorServices): Route {
  const { sensors } = services;
  return route({
    method: "get",
    path: "/api/sensors/:id/trend",
    policy: "viewer",
    summary: "A sensor over time (its id, or its full name with %2F): buckets, status, statistics",
    tags: ["Sensors"],
    params: z.object({ id: z.string().min(1).max(2000) }),
    query: TrendQuery,
    example: { params: { id: "hall-1/press-3/temperature" }, query: { points: "100" } },
    responses: {
      200: {
        description: "Columns by bucket, and the status by stretch of time",
        schema: trendShape,
      },
      404: { description: "There is no such sensor" },
    },
    handler: async ({ params, query }) => {
      const sensor = findSensor(sensors, params.id);
      const range = rangeOf(query, sensor, services.clock.now());
      const trend = await services.trends.of(sensor, { ...range, points: query.points ?? 600 });
      return Response.json(trendOf(sensor, range, trend));
    },
  });
}

function trendOf(
  sensor: Sensor,
  range: { fromMs: number; toMs: number },
  { buckets, spans }: Trend,
) {
  const { warning_low, warning_high, critical_low, critical_high } = sensor.settings;
  const status_ms = lasted(spans);
  return {
    ...bucketColumns(sensor, buckets),
    from_ms: range.fromMs,
    from: range.fromMs,
    to_ms: range.toMs,
    to: range.toMs,
    limits: { warning_low, warning_high, critical_low, critical_high },
    status: spans.map(({ fromMs, toMs, status }) => ({
      from_ms: fromMs,
      from: fromMs,
      to_ms: toMs,
      to: toMs,
      status,
    })),
    statistics: sensor.kind === "number" ? statisticsOf(buckets) : null,
    status_ms,
    out_of_range_ms: status_ms.warning + status_ms.critical,
  };
}

/** Over all buckets, from their exact sums; null without readings. */
function statisticsOf({ min, mean, max, n }: BucketResult) {
  const count = n.reduce((sum, n) => sum + n, 0);
  if (count === 0) return null;
  return {
    min: min.reduce((a, b) => Math.min(a, b)),
    mean: mean.reduce((sum, mean, i) => sum + mean * n[i] / count, 0),
    max: max.reduce((a, b) => Math.max(a, b)),
    count,
  };
}
