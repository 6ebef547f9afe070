import { z } from "zod";
import { timeField } from "../../lib/base/epoch.ts";
import type { Audit } from "../../lib/access/audit.ts";
import type { Clock } from "../../lib/base/clock.ts";
import type { Recent } from "../../lib/live/recent.ts";
import { SENSOR_STATUSES } from "../../lib/live/status_words.ts";
import type { Statuses } from "../../lib/live/statuses.ts";
import { lasted, type Trend, type Trends } from "../../lib/live/timeline.ts";
import { OTHER_TEXT, shownNow } from "../../lib/machines/words.ts";
import type { Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";
import { UNIT_CHOICES } from "../../lib/machines/unit_choice.ts";
import { ownUnit } from "../../lib/machines/unit_change.ts";
import { conversion } from "../../lib/machines/units.ts";
import type { BucketResult } from "../../lib/readings/store.ts";
import { sensorSettingsSchema } from "../../lib/machines/sensor_settings.ts";
import type { MachinesService } from "../../lib/machines/service.ts";
import type { ClockNotes } from "../../lib/intake/clock_notes.ts";
import type { MachinePageParts } from "../machines/api.ts";
import type { AnomalyServices } from "./anomalies_api.ts";
import { noteOf } from "../http/caller.ts";
import { findMachines, findSensor, pageInMemory } from "../http/params.ts";
import { DamagedList } from "../machines/gaps.ts";
import { bucketsJson, rangeOf, wholeField } from "./readings_api.ts";
import { type Route, route } from "../http/route.ts";

/** What is asked and changed about sensors. */
export interface SensorServices {
  sensors: SensorDirectory;
  trends: Trends;
  clock: Clock;
  recent: Pick<Recent, "intervalMs">;
  statuses: Pick<Statuses, "sensor" | "sinceOf">;
  service: MachinesService;
  audit: Pick<Audit, "statement">;
}

/** What the pages about sensors take. */
export interface SensorPageParts extends MachinePageParts {
  trends: Trends;
  anomalies: AnomalyServices;
  clockNotes: Pick<ClockNotes, "list">;
}

const kind = z.enum(["number", "binary", "text"]);
const unit = z.string().trim().min(1).max(24).nullable();
const patchable = {
  unit: unit.optional(),
  kind: kind.optional(),
  ...sensorSettingsSchema.partial().shape,
};
/** What may be changed of a sensor; what is left out stays. */
export const sensorPatch = z.strictObject({
  name: z.string().min(1).max(2000).optional().describe("<area…>/<machine>/<sensor>; the id stays"),
  review: z.enum(["new", "confirmed"]).optional(),
  ...patchable,
});

const SensorJson = z.object({
  id: z.string(),
  name: z.string(),
  machine: z.string(),
  sensor: z.string(),
  unit: z.string().nullable(),
  kind: z.enum(["number", "binary", "text"]),
  status: z.enum(SENSOR_STATUSES),
  since: z.number().describe("since when it has this status"),
  review: z.enum(["new", "confirmed"]),
  display_name: z.string().nullable(),
  decimals: z.number().nullable(),
  last: z.object({ value: z.union([z.number(), z.string()]), ts: z.number() }).nullable(),
  other_units: z.array(z.object({
    unit: z.string(),
    since: z.number(),
    choice: z.enum(["asked", "convert", "new_sensor"]).describe("asked: nobody has chosen yet"),
    sensor: z.string().nullable().describe("where readings in this unit are kept apart"),
    convertible: z.boolean(),
  })).optional().describe("units that its device reported beside the sensor's; left out when none"),
});

const WholeSensorJson = SensorJson.extend({
  ...sensorSettingsSchema.shape,
  created: z.number(),
  deleted: z.number().nullable(),
  interval_ms: z.number().nullable().describe("learned from its readings"),
  states: z.array(z.string()).optional(),
  many_texts: z.boolean().optional().describe("its texts change too often to be states"),
  no_number: z.object({ text: z.string(), ts: z.number() }).optional()
    .describe("what a sensor of numbers said last that is none"),
});

const Trend = z.object({
  sensor: z.string(),
  unit: z.string().nullable(),
  kind: z.enum(["number", "binary", "text"]),
  states: z.array(z.string()).optional().describe("of text sensors: the texts by number"),
  from: z.number(),
  to: z.number(),
  bucket_ms: z.number(),
  t: z.array(z.number()),
  min: z.array(z.number()),
  mean: z.array(z.number()),
  max: z.array(z.number()),
  n: z.array(z.number()),
  damaged: DamagedList,
  limits: z.object({
    warning_low: z.number().nullable(),
    warning_high: z.number().nullable(),
    critical_low: z.number().nullable(),
    critical_high: z.number().nullable(),
  }),
  status: z.array(z.object({
    from: z.number(),
    to: z.number(),
    status: z.enum(["normal", "warning", "critical", "none"]).describe("none: no readings"),
  })).describe("by the present limits; empty for a sensor of texts"),
  statistics: z.object({
    min: z.number(),
    mean: z.number(),
    max: z.number(),
    count: z.number(),
  }).nullable(),
  status_ms: z.object({
    normal: z.number(),
    warning: z.number(),
    critical: z.number(),
    none: z.number(),
  }),
  out_of_range_ms: z.number().describe("warning and critical together"),
});

const TrendQuery = z.object({
  from: timeField("default one hour before `to`"),
  to: timeField("exclusive; default now"),
  points: wholeField(1, 2000).optional().describe("most buckets; default 600"),
});

const Query = z.object({
  q: z.string().max(200).optional().describe("text that the full name contains"),
  machine: z.string().max(2000).optional().describe("machine or area by path"),
  kind: z.enum(["number", "binary", "text"]).optional(),
  status: z.enum(SENSOR_STATUSES).optional(),
  review: z.enum(["new", "confirmed"]).optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional().describe("default 100"),
  cursor: z.string().max(2000).optional().describe("`next` of the answer before"),
});

export type SensorFilter = Omit<z.output<typeof Query>, "limit" | "cursor">;

/** Sensors by name, filtered. A machine that is not there has none. */
export function filterSensors(
  services: Pick<SensorServices, "sensors"> & { statuses: Pick<Statuses, "sensor"> },
  filter: SensorFilter,
): Sensor[] {
  const machines = filter.machine === undefined ? null : machinesOf(services, filter.machine);
  const q = filter.q?.trim().toLowerCase() ?? "";
  return services.sensors.all().filter((sensor) =>
    (q === "" || sensor.name.toLowerCase().includes(q)) &&
    (machines === null || machines.has(sensor.machine)) &&
    (filter.kind === undefined || sensor.kind === filter.kind) &&
    (filter.review === undefined || sensor.review === filter.review) &&
    (filter.status === undefined || services.statuses.sensor(sensor) === filter.status)
  );
}

function machinesOf({ sensors }: Pick<SensorServices, "sensors">, name: string): Set<string> {
  try {
    return findMachines(sensors, name);
  } catch {
    return new Set();
  }
}

function trendJson(
  sensor: Sensor,
  range: { fromMs: number; toMs: number },
  { buckets, spans }: Trend,
) {
  const { warning_low, warning_high, critical_low, critical_high } = sensor.settings;
  const status_ms = lasted(spans);
  return {
    ...bucketsJson(sensor, buckets),
    from: range.fromMs,
    to: range.toMs,
    limits: { warning_low, warning_high, critical_low, critical_high },
    status: spans.map(({ fromMs, toMs, status }) => ({ from: fromMs, to: toMs, status })),
    statistics: sensor.kind === "number" ? statisticsOf(buckets) : null,
    status_ms,
    out_of_range_ms: status_ms.warning + status_ms.critical,
  };
}

/** Units that the sensor's device reported beside the sensor's own; undefined when there is none. */
export function otherUnitsOf(sensors: Pick<SensorDirectory, "find">, sensor: Sensor) {
  if (sensor.otherUnits.length === 0) return undefined;
  const own = ownUnit(sensor);
  return sensor.otherUnits.map(({ unit, sinceMs, choice, sensor: kept }) => ({
    unit,
    since: sinceMs,
    choice: choice === "apart" ? "new_sensor" as const : choice,
    sensor: kept === null ? null : sensors.find(kept)?.name ?? null,
    convertible: own !== null && conversion(unit, own) !== null,
  }));
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

/** `/api/sensors` and `/api/sensors/:id`. */
export function sensorRoutes(services: SensorServices): Route[] {
  const { sensors, recent, statuses, service, audit } = services;
  const json = (sensor: Sensor) => ({
    id: sensor.id,
    name: sensor.name,
    machine: sensor.machine,
    sensor: sensor.sensor,
    unit: sensor.unit,
    kind: sensor.kind,
    status: statuses.sensor(sensor),
    since: statuses.sinceOf(sensor),
    review: sensor.review,
    display_name: sensor.settings.display_name,
    decimals: sensor.settings.decimals,
    last: sensor.last &&
      { value: shownNow(sensor, sensor.last.value), ts: sensor.last.tMs },
    other_units: otherUnitsOf(sensors, sensor),
  });
  const whole = (sensor: Sensor): z.output<typeof WholeSensorJson> => ({
    ...json(sensor),
    ...sensor.settings,
    created: sensor.createdMs,
    deleted: sensor.deletedMs,
    interval_ms: recent.intervalMs(sensor.num),
    states: sensor.kind === "text" ? sensor.states : undefined,
    many_texts: sensor.states.includes(OTHER_TEXT) || undefined,
    no_number: sensor.latestWord && { text: sensor.latestWord.text, ts: sensor.latestWord.tMs },
  });
  const params = z.object({ id: z.string().min(1).max(2000) });
  const one = { 200: { description: "The sensor", schema: WholeSensorJson } };
  return [
    route({
      method: "get",
      path: "/api/sensors",
      policy: "viewer",
      summary: "Sensors by name, with their last values",
      tags: ["Sensors"],
      query: Query,
      responses: {
        200: {
          description: "A page of sensors",
          schema: z.object({ items: z.array(SensorJson), next: z.string().nullable() }),
        },
      },
      handler: ({ c, query }) => {
        const { limit = 100, cursor, ...filter } = query;
        if (filter.machine !== undefined) findMachines(sensors, filter.machine);
        const found = filterSensors(services, filter);
        const { items, next } = pageInMemory(found, (s) => s.name, { cursor, limit });
        return c.json({ items: items.map(json), next });
      },
    }),
    route({
      method: "get",
      // Names hold slashes: /api/sensors/area/machine/sensor works like an id.
      path: "/api/sensors/:id{.+}",
      policy: "viewer",
      summary: "A sensor by id, full name or machine/sensor",
      tags: ["Sensors"],
      params: z.object({ id: z.string().min(1).max(2000) }),
      example: { params: { id: "hall-1/press-3/temperature" } },
      responses: {
        ...one,
        404: { description: "There is no such sensor" },
      },
      handler: ({ c, params }) => c.json(whole(findSensor(sensors, params.id))),
    }),
    route({
      method: "get",
      path: "/api/sensors/:id/trend",
      policy: "viewer",
      summary:
        "A sensor over time (its id, or its full name with %2F): buckets, status, statistics",
      tags: ["Sensors"],
      params: z.object({ id: z.string().min(1).max(2000) }),
      query: TrendQuery,
      example: { params: { id: "hall-1/press-3/temperature" }, query: { points: "100" } },
      responses: {
        200: { description: "Columns by bucket, and the status by stretch of time", schema: Trend },
        404: { description: "There is no such sensor" },
      },
      handler: async ({ params, query }) => {
        const sensor = findSensor(sensors, params.id);
        const range = rangeOf(query, sensor, services.clock.now());
        const trend = await services.trends.of(sensor, { ...range, points: query.points ?? 600 });
        return Response.json(trendJson(sensor, range, trend));
      },
    }),
    route({
      method: "post",
      path: "/api/sensors",
      policy: "engineer",
      summary: "Add a sensor before its first reading",
      tags: ["Sensors"],
      body: z.strictObject({
        name: z.string().min(1).max(2000).describe("<area…>/<machine>/<sensor>"),
        ...patchable,
      }),
      example: {
        body: { name: "hall-2/mixer-2/speed", unit: "rpm", warning_high: 900, critical_high: 1000 },
      },
      responses: {
        201: { description: "The sensor", schema: WholeSensorJson },
        409: { description: "There is one, or was: restore it then" },
      },
      handler: async (context) => {
        const sensor = await service.addSensor(context.body, noteOf(audit, context));
        return Response.json(whole(sensor), { status: 201 });
      },
    }),
    route({
      method: "patch",
      path: "/api/sensors/:id{.+}",
      policy: "engineer",
      summary: "Change a sensor: name (the id stays), unit, limits, calibration, review …",
      tags: ["Sensors"],
      params,
      body: sensorPatch,
      example: {
        params: { id: "hall-1/press-3/temperature" },
        body: {
          unit: "°C",
          warning_high: 80,
          critical_high: 90,
          hysteresis: 2,
          delay_ms: 5000,
          review: "confirmed",
        },
      },
      responses: { ...one, 409: { description: "The name is taken" } },
      handler: async (context) => {
        const { id } = findSensor(sensors, context.params.id);
        return Response.json(
          whole(await service.patchSensor(id, context.body, noteOf(audit, context))),
        );
      },
    }),
    route({
      method: "post",
      path: "/api/sensors/:id/unit",
      policy: "engineer",
      summary: "Say what becomes of readings in another unit (its id, or its full name with %2F)",
      tags: ["Sensors"],
      params,
      body: z.strictObject({
        unit: z.string().min(1).max(24).describe("one of `other_units`"),
        choice: z.enum(UNIT_CHOICES).describe(
          "convert from now on; take the other unit (what came before stays in a sensor named " +
            "after its unit); or leave the other unit in a sensor of its own",
        ),
      }),
      example: {
        params: { id: "hall-1/press-3/temperature" },
        body: { unit: "°F", choice: "convert" },
      },
      responses: one,
      handler: async (context) => {
        const { id } = findSensor(sensors, context.params.id);
        const { unit, choice } = context.body;
        const note = noteOf(audit, context);
        return Response.json(whole(await service.chooseUnit(id, unit, choice, note)));
      },
    }),
    route({
      method: "delete",
      path: "/api/sensors/:id{.+}",
      policy: "engineer",
      summary: "Delete a sensor; its readings stay and it can be restored",
      tags: ["Sensors"],
      params,
      example: { params: { id: "hall-2/mixer-2/speed" } },
      responses: one,
      handler: async (context) => {
        const { id } = findSensor(sensors, context.params.id);
        return Response.json(whole(await service.removeSensor(id, noteOf(audit, context))));
      },
    }),
    route({
      method: "post",
      path: "/api/sensors/:id/restore",
      policy: "engineer",
      summary: "Bring a deleted sensor back (its id, or its full name with %2F)",
      tags: ["Sensors"],
      params,
      example: { params: { id: "hall-1/press-3/temperature" } },
      responses: one,
      handler: async (context) =>
        Response.json(
          whole(await service.restoreSensor(context.params.id, noteOf(audit, context))),
        ),
    }),
  ];
}
