import { z } from "zod";
import { timeField } from "../../lib/base/epoch.ts";
import { trendShape } from "../../lib/live/shapes.ts";
import { lasted, type Trend } from "../../lib/live/timeline.ts";
import { settingsIn } from "../../lib/machines/shown_unit.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { type Conversion, shownIn } from "../../lib/words/conversion.ts";
import type { BucketResult } from "../../lib/readings/store.ts";
import { findSensor } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";
import {
  bucketColumns,
  type InUnit,
  inUnit,
  rangeOf,
  unitField,
  wholeField,
} from "./readings_api.ts";
import type { SensorServices } from "./request.ts";

const TrendQuery = z.object({
  from: timeField("default one hour before `to`"),
  to: timeField("exclusive; default now"),
  points: wholeField(1, 2000).optional().describe("most buckets; default 600"),
  unit: unitField,
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
      return Response.json(trendOf(sensor, range, trend, inUnit(sensor, query.unit)));
    },
  });
}

function trendOf(
  sensor: Sensor,
  range: { fromMs: number; toMs: number },
  { buckets, spans }: Trend,
  unit: InUnit,
) {
  const { convert } = unit;
  const { warning_low, warning_high, critical_low, critical_high } = settingsIn(
    convert,
    sensor.settings,
  );
  const status_ms = lasted(spans);
  return {
    ...bucketColumns(sensor, buckets, unit),
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
    statistics: sensor.kind === "number" ? statisticsOf(buckets, convert) : null,
    status_ms,
    out_of_range_ms: status_ms.warning + status_ms.critical,
  };
}

/** Over all buckets, from their exact sums; null without readings. */
function statisticsOf({ min, mean, max, n }: BucketResult, convert: Conversion | null) {
  const count = n.reduce((sum, n) => sum + n, 0);
  if (count === 0) return null;
  return {
    min: shownIn(convert, min.reduce((a, b) => Math.min(a, b))),
    mean: shownIn(convert, mean.reduce((sum, mean, i) => sum + mean * n[i] / count, 0)),
    max: shownIn(convert, max.reduce((a, b) => Math.max(a, b))),
    count,
  };
}
