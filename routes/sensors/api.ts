import { z } from "zod";
import { sensorDetailShape, sensorShape } from "../../lib/live/shapes.ts";
import { OTHER_TEXT, shownNow } from "../../lib/machines/words.ts";
import { isGuessed } from "../../lib/machines/shown_unit.ts";
import type { Sensor } from "../../lib/machines/sensor.ts";
import { UNIT_CHOICES } from "../../lib/machines/unit_choice.ts";
import { auditedBy } from "../http/caller.ts";
import { findMachines, findSensor, listOf, pageInMemory } from "../http/params.ts";
import { valueRangeOf } from "../../lib/machines/value_range.ts";
import { type Route, route } from "../http/route.ts";
import {
  filterSensors,
  otherUnitsOf,
  patchable,
  sensorChangeShape,
  sensorFilterShape,
  type SensorServices,
} from "./request.ts";
import { trendRoute } from "./trend_api.ts";

const draftShape = z.strictObject({
  name: z.string().min(1).max(2000).describe("<area…>/<machine>/<sensor>"),
  ...patchable,
}).meta({ id: "SensorDraft" });

/** `/api/sensors` and `/api/sensors/:id`. */
export function sensorRoutes(services: SensorServices): Route[] {
  const { sensors, recent, statuses, service, audit } = services;
  const json = (sensor: Sensor) => ({
    id: sensor.id,
    name: sensor.name,
    machine: sensor.machine,
    sensor: sensor.sensor,
    unit: sensor.unit,
    unit_guessed: isGuessed(sensor) || undefined,
    kind: sensor.kind,
    status: statuses.sensor(sensor),
    since_ms: statuses.sinceOf(sensor),
    since: statuses.sinceOf(sensor),
    review: sensor.review,
    display_name: sensor.settings.display_name,
    decimals: sensor.settings.decimals,
    last: sensor.last &&
      { value: shownNow(sensor, sensor.last.value), ts: sensor.last.tMs },
    other_units: otherUnitsOf(sensors, sensor),
  });
  const whole = (sensor: Sensor): z.output<typeof sensorDetailShape> => ({
    ...json(sensor),
    ...sensor.settings,
    created_ms: sensor.createdMs,
    created: sensor.createdMs,
    deleted_ms: sensor.deletedMs,
    deleted: sensor.deletedMs,
    interval_ms: recent.intervalMs(sensor.num),
    range: valueRangeOf(sensor, services.deviceService.rangeOf(sensor.num)),
    states: sensor.kind === "text" ? sensor.states : undefined,
    many_texts: sensor.states.includes(OTHER_TEXT) || undefined,
    no_number: sensor.latestWord && { text: sensor.latestWord.text, ts: sensor.latestWord.tMs },
  });
  const params = z.object({ id: z.string().min(1).max(2000) });
  const one = { 200: { description: "The sensor", schema: sensorDetailShape } };
  return [
    route({
      method: "get",
      path: "/api/sensors",
      policy: "viewer",
      summary: "Sensors by name, with their last values",
      tags: ["Sensors"],
      query: sensorFilterShape,
      responses: {
        200: {
          description: "A page of sensors",
          schema: listOf(sensorShape),
        },
      },
      handler: async ({ c, query }) => {
        const { limit = 100, cursor, ...filter } = query;
        if (filter.machine !== undefined) findMachines(sensors, filter.machine);
        const found = await filterSensors(services, filter);
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
      params,
      example: { params: { id: "hall-1/press-3/temperature" } },
      responses: {
        ...one,
        404: { description: "There is no such sensor" },
      },
      handler: ({ c, params }) => c.json(whole(findSensor(sensors, params.id))),
    }),
    trendRoute(services),
    route({
      method: "post",
      path: "/api/sensors",
      policy: "engineer",
      summary: "Add a sensor before its first reading",
      tags: ["Sensors"],
      body: draftShape,
      example: {
        body: { name: "hall-2/mixer-2/speed", unit: "rpm", warning_high: 900, critical_high: 1000 },
      },
      responses: {
        201: { description: "The sensor", schema: sensorDetailShape },
        409: { description: "There is one, or was: restore it then" },
      },
      handler: async (context) => {
        const sensor = await service.addSensor(context.body, auditedBy(audit, context));
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
      body: sensorChangeShape,
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
          whole(await service.patchSensor(id, context.body, auditedBy(audit, context))),
        );
      },
    }),
    route({
      method: "post",
      path: "/api/sensors/:id/unit",
      policy: "engineer",
      summary:
        "Decide what becomes of readings in another unit (its id, or its full name with %2F)",
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
        const audited = auditedBy(audit, context);
        return Response.json(whole(await service.chooseUnit(id, unit, choice, audited)));
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
        return Response.json(whole(await service.removeSensor(id, auditedBy(audit, context))));
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
          whole(await service.restoreSensor(context.params.id, auditedBy(audit, context))),
        ),
    }),
  ];
}
