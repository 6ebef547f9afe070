import { z } from "zod";
import type { Recent } from "../lib/live/recent.ts";
import { type Sensor, type SensorDirectory, shownValue } from "../lib/machines/registry.ts";
import { findMachines, findSensor } from "./params.ts";
import { type Route, route } from "./route.ts";

export interface SensorServices {
  sensors: SensorDirectory;
  recent: Pick<Recent, "status" | "intervalMs">;
}

const SensorJson = z.object({
  id: z.string(),
  name: z.string(),
  machine: z.string(),
  sensor: z.string(),
  unit: z.string().nullable(),
  kind: z.enum(["number", "binary", "text"]),
  status: z.enum(["normal", "offline"]),
  review: z.enum(["new", "confirmed"]),
  last: z.object({ value: z.union([z.number(), z.string()]), ts: z.number() }).nullable(),
});

const Query = z.object({
  q: z.string().max(200).optional().describe("text that the full name contains"),
  machine: z.string().max(2000).optional().describe("machine or area by path"),
  kind: z.enum(["number", "binary", "text"]).optional(),
  status: z.enum(["normal", "offline"]).optional(),
  review: z.enum(["new", "confirmed"]).optional(),
  limit: z.coerce.number().int().min(1).max(1000).optional().describe("default 100"),
  cursor: z.string().max(2000).optional().describe("`next` of the answer before"),
});

export type SensorFilter = Omit<z.output<typeof Query>, "limit" | "cursor">;

/** Sensors by name, filtered. A machine that is not there has none. */
export function filterSensors(services: SensorServices, filter: SensorFilter): Sensor[] {
  const machines = filter.machine === undefined ? null : machinesOf(services, filter.machine);
  const q = filter.q?.trim().toLowerCase() ?? "";
  return services.sensors.all().filter((sensor) =>
    (q === "" || sensor.name.toLowerCase().includes(q)) &&
    (machines === null || machines.has(sensor.machine)) &&
    (filter.kind === undefined || sensor.kind === filter.kind) &&
    (filter.review === undefined || sensor.review === filter.review) &&
    (filter.status === undefined || services.recent.status(sensor) === filter.status)
  );
}

function machinesOf({ sensors }: SensorServices, name: string): Set<string> {
  try {
    return findMachines(sensors, name);
  } catch {
    return new Set();
  }
}

/** `/api/sensors` and `/api/sensors/:id`. */
export function sensorRoutes(services: SensorServices): Route[] {
  const { sensors, recent } = services;
  const json = (sensor: Sensor) => ({
    id: sensor.id,
    name: sensor.name,
    machine: sensor.machine,
    sensor: sensor.sensor,
    unit: sensor.unit,
    kind: sensor.kind,
    status: recent.status(sensor),
    review: sensor.review,
    last: sensor.last &&
      { value: shownValue(sensor, sensor.last.value), ts: sensor.last.tMs },
  });
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
        const from = cursor === undefined ? 0 : found.findIndex((s) => s.name > cursor);
        const page = from < 0 ? [] : found.slice(from, from + limit);
        const more = from >= 0 && from + limit < found.length;
        return c.json({ items: page.map(json), next: more ? page.at(-1)!.name : null });
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
        200: { description: "The sensor", schema: SensorJson },
        404: { description: "There is no such sensor" },
      },
      handler: ({ c, params }) => {
        const sensor = findSensor(sensors, params.id);
        return c.json({
          ...json(sensor),
          created: sensor.createdMs,
          interval_ms: recent.intervalMs(sensor.num),
          states: sensor.kind === "text" ? sensor.states : undefined,
        });
      },
    }),
  ];
}
