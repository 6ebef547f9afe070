import { z } from "zod";
import type { Clock } from "../../lib/base/clock.ts";
import { momentInBody, momentMs } from "../../lib/base/epoch.ts";
import { formerly } from "../../lib/base/wire.ts";
import type { Backtests } from "../../lib/detect/backtest/jobs.ts";
import { backtestShape, shownBacktest } from "../../lib/detect/backtest/view.ts";
import { DETECTORS } from "../../lib/detect/detectors/mod.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import { LATEST_MS } from "../../lib/readings/reading.ts";
import { DAY_MS } from "../../lib/words/times.ts";
import { caller } from "../http/caller.ts";
import { findSensor, listOf } from "../http/params.ts";
import { type Route, route } from "../http/route.ts";

export interface BacktestServices {
  backtests: Backtests;
  sensors: SensorDirectory;
  clock: Clock;
}

const tags = ["Backtests"];
const time = momentInBody;

/** Every detector with the names of its options, for the API document. */
const optionNames = DETECTORS.map(({ name, options }) =>
  `${name}: ${Object.keys(options.parse({}) as object).join(", ")}`
).join("; ");

const newBacktestShape = z.strictObject({
  sensor: z.string().min(1).max(2000).describe("id, full name or machine/sensor"),
  detector: z.string().min(1).max(100),
  options: z.record(z.string().max(100), z.unknown()).optional()
    .describe(`what differs from its present options. ${optionNames}`),
  from_ms: time.describe("default a day before `to_ms`"),
  to_ms: time.describe("exclusive; default now"),
  from: formerly(time, "from_ms"),
  to: formerly(time, "to_ms"),
}).meta({ id: "NewBacktest" });

const params = z.object({ id: z.string().min(1).max(40) });
const example = { params: { id: "0q3h7d1m8v5a" } };
const one = {
  200: { description: "The backtest", schema: backtestShape },
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
      body: newBacktestShape,
      example: {
        body: {
          sensor: "hall-1/press-3/temperature",
          detector: "threshold",
          options: { warningHigh: 85, hysteresis: 2 },
        },
      },
      responses: {
        202: { description: "Queued; ask for it by its id", schema: backtestShape },
        400: { description: "A field is wrong, or the range holds no reading: the answer says so" },
        404: { description: "There is no such sensor" },
        503: { description: "Too many wait already" },
      },
      handler: async (context) => {
        const { sensor, detector, options = {}, from, to = clock.now() } = context.body;
        const [from_ms, to_ms] = [context.body.from_ms ?? from, context.body.to_ms ?? to].map(
          (time) => Math.min(LATEST_MS, momentMs(time, context.nowMs) ?? -1),
        );
        const started = await backtests.start({
          sensor: findSensor(sensors, sensor),
          detector,
          options,
          fromMs: from_ms < 0 ? Math.max(0, to_ms - DAY_MS) : from_ms,
          toMs: to_ms,
          by: caller(context).name,
        });
        const location = `/api/backtests/${started.id}`;
        return Response.json(shownBacktest(started, sensors), {
          status: 202,
          headers: { location },
        });
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
          schema: listOf(backtestShape),
        },
      },
      handler: () => {
        const items = backtests.list().map((b) => shownBacktest({ ...b, result: null }, sensors));
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
      handler: (context) =>
        Response.json(shownBacktest(backtests.find(context.params.id), sensors)),
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
      handler: (context) =>
        Response.json(shownBacktest(backtests.cancel(context.params.id), sensors)),
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
