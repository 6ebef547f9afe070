import { z } from "zod";
import type { Clock } from "../../lib/base/clock.ts";
import { epochMs } from "../../lib/base/epoch.ts";
import type { Backtests } from "../../lib/detect/backtest/jobs.ts";
import type { Backtest, Firing, TrialResult } from "../../lib/detect/backtest/shapes.ts";
import { DETECTORS } from "../../lib/detect/detectors/mod.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import { LATEST_MS } from "../../lib/readings/reading.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { DAY_MS } from "../../lib/words/times.ts";
import { caller } from "../http/caller.ts";
import { findSensor } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";

export interface BacktestServices {
  backtests: Backtests;
  sensors: SensorDirectory;
  clock: Clock;
}

const tags = ["Backtests"];
const time = epochMs.max(LATEST_MS).optional();
const severity = z.enum(SEVERITIES);

/** Every detector with the names of its options, for the API document. */
const optionNames = DETECTORS.map(({ name, options }) =>
  `${name}: ${Object.keys(options.parse({}) as object).join(", ")}`
).join("; ");

const firingShape = z.object({
  start: z.number(),
  end: z.number().nullable().describe("null: still so at the end of the range"),
  severity,
  score: z.number(),
  peak: z.object({ ts: z.number(), value: z.number() }).nullable(),
  reason: z.string(),
  findings: z.number(),
});

const trialShape = z.object({
  options: z.record(z.string(), z.unknown()),
  count: z.number().describe("alarms it would have raised"),
  by_severity: z.record(severity, z.number()),
  raised_ms: z.number().describe("time with something raised"),
  firings: z.array(firingShape).describe("the first 500"),
});

const shape = z.object({
  id: z.string(),
  sensor: z.string(),
  sensor_id: z.string(),
  detector: z.string(),
  options: z.record(z.string(), z.unknown()),
  from: z.number(),
  to: z.number(),
  by: z.string(),
  asked: z.number(),
  state: z.enum(["waiting", "running", "done", "failed", "cancelled"]),
  progress: z.number().describe("0 to 1"),
  ended: z.number().nullable(),
  error: z.string().nullable(),
  result: z.object({
    readings: z.number(),
    present: trialShape.nullable()
      .describe("with the options it has now; null when it does not watch the sensor"),
    changed: trialShape,
  }).nullable(),
});

export type BacktestJson = z.output<typeof shape>;

const params = z.object({ id: z.string().min(1).max(40) });
const example = { params: { id: "0q3h7d1m8v5a" } };
const one = {
  200: { description: "The backtest", schema: shape },
  404: { description: "There is no such backtest (any more)" },
};

/** `/api/backtests`: detectors over recorded readings. */
export function backtestRoutes({ backtests, sensors, clock }: BacktestServices): Route[] {
  return [
    route({
      method: "post",
      path: "/api/backtests",
      policy: "engineer",
      summary: "Run a detector with changed options over what a sensor has recorded",
      tags,
      body: z.strictObject({
        sensor: z.string().min(1).max(2000).describe("id, full name or machine/sensor"),
        detector: z.string().min(1).max(100),
        options: z.record(z.string().max(100), z.unknown()).optional()
          .describe(`what differs from its present options. ${optionNames}`),
        from: time.describe("epoch ms; default a day before `to`"),
        to: time.describe("epoch ms, exclusive; default now"),
      }),
      example: {
        body: {
          sensor: "hall-1/press-3/temperature",
          detector: "threshold",
          options: { warningHigh: 85, hysteresis: 2 },
        },
      },
      responses: {
        202: { description: "Queued; ask for it by its id", schema: shape },
        400: { description: "A field is wrong, or the range holds no reading: the answer says so" },
        404: { description: "There is no such sensor" },
        503: { description: "Too many wait already" },
      },
      handler: async (context) => {
        const { sensor, detector, options = {}, from, to = clock.now() } = context.body;
        const started = await backtests.start({
          sensor: findSensor(sensors, sensor),
          detector,
          options,
          fromMs: from ?? Math.max(0, to - DAY_MS),
          toMs: to,
          by: caller(context as RouteContext).name,
        });
        const location = `/api/backtests/${started.id}`;
        return Response.json(backtestJson(started), { status: 202, headers: { location } });
      },
    }),
    route({
      method: "get",
      path: "/api/backtests",
      policy: "viewer",
      summary: "Backtests since the start, latest first, without their results",
      tags,
      responses: {
        200: {
          description: "At most some thirty: the oldest are forgotten",
          schema: z.object({ items: z.array(shape), next: z.null() }),
        },
      },
      handler: () => {
        const items = backtests.list().map((b) => backtestJson({ ...b, result: null }));
        return Response.json({ items, next: null });
      },
    }),
    route({
      method: "get",
      path: "/api/backtests/:id",
      policy: "viewer",
      summary: "A backtest: progress, and the result once it is done",
      tags,
      params,
      example,
      responses: one,
      handler: (context) => Response.json(backtestJson(backtests.find(context.params.id))),
    }),
    route({
      method: "post",
      path: "/api/backtests/:id/cancel",
      policy: "engineer",
      summary: "End a backtest that runs or waits; one that is over stays as it is",
      tags,
      params,
      example,
      responses: one,
      handler: (context) => Response.json(backtestJson(backtests.cancel(context.params.id))),
    }),
    route({
      method: "delete",
      path: "/api/backtests/:id",
      policy: "engineer",
      summary: "Forget a backtest; it is ended when it runs or waits",
      tags,
      params,
      example,
      responses: { 204: { description: "It is gone" }, 404: one[404] },
      handler: (context) => {
        backtests.remove(context.params.id);
        return new Response(null, { status: 204 });
      },
    }),
  ];
}

/** As the API and the page's island see it. */
export function backtestJson(b: Backtest): BacktestJson {
  const { sensor, fromMs, toMs, askedMs, endedMs, options, result, ...rest } = b;
  return {
    ...rest,
    sensor: sensor.name,
    sensor_id: sensor.id,
    options: options as Record<string, unknown>,
    from: fromMs,
    to: toMs,
    asked: askedMs,
    ended: endedMs,
    result: result && {
      readings: result.readings,
      present: result.present && trialJson(result.present),
      changed: trialJson(result.changed),
    },
  };
}

function trialJson(trial: TrialResult): z.output<typeof trialShape> {
  return {
    options: trial.options as Record<string, unknown>,
    count: trial.count,
    by_severity: trial.bySeverity,
    raised_ms: trial.raisedMs,
    firings: trial.firings.map(firingJson),
  };
}

function firingJson({ startMs, endMs, peak, ...rest }: Firing): z.output<typeof firingShape> {
  return { start: startMs, end: endMs, peak: peak && { ts: peak.tMs, value: peak.value }, ...rest };
}
