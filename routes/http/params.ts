import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";

/** A query parameter with several values: separated by commas, or given several times. At most 500. */
export function list<T extends z.ZodType<string, string>>(item: T) {
  return z.union([z.string(), z.array(z.string())])
    .transform((value) => (Array.isArray(value) ? value : [value]).flatMap((v) => v.split(",")))
    .pipe(z.array(item).min(1).max(500));
}

/**
 * The sensor that `idOrName` names: its id, full name, or `machine/sensor` where that is unambiguous.
 * @throws PerchError `not_found`; it names the candidates when the short name fits several.
 */
export function findSensor(sensors: SensorDirectory, idOrName: string): Sensor {
  const sensor = sensors.find(idOrName);
  if (sensor) return sensor;
  const shown = idOrName.slice(0, 200);
  const candidates = sensors.all().filter((s) => s.name.endsWith(`/${idOrName}`)).slice(0, 5);
  const message = candidates.length > 1
    ? `"${shown}" fits several sensors: ${candidates.map((s) => s.name).join(", ")}`
    : `there is no sensor "${shown}"`;
  throw new PerchError("not_found", message, {
    errors: [{
      path: "sensor",
      message: "must be the id, full name or machine/sensor of a sensor",
    }],
  });
}

/** A sensor as clients of other systems name it: a tag without a machine is one of the machine `default`. */
export function findTag(sensors: SensorDirectory, tag: string): Sensor {
  const own = tag.includes("/") ? undefined : sensors.find(`default/${tag}`);
  return own ?? findSensor(sensors, tag);
}

/**
 * The sensor of a query that names it by `sensor` or by `tag`; undefined when by neither.
 * @throws PerchError `validation` for both, `not_found`
 */
export function sensorOf(
  sensors: SensorDirectory,
  { sensor, tag }: { sensor?: string; tag?: string },
): Sensor | undefined {
  if (sensor === undefined) return tag === undefined ? undefined : findTag(sensors, tag);
  if (tag === undefined) return findSensor(sensors, sensor);
  throw new PerchError("validation", "query.tag: stands for `sensor`; give one of them", {
    errors: [{ path: "query.tag", message: "stands for `sensor`; give one of them" }],
  });
}

/** What other systems call a sensor, in a query. */
export const tagField = z.string().min(1).max(2000).optional()
  .describe("the same as `sensor`; without a machine, one of the machine `default`");

/**
 * Paths of the machines that `name` names: a machine's full path, an area (all machines below it), or the end
 * of a machine's path where that is unambiguous.
 * @throws PerchError `not_found`; it names the candidates when the short name fits several.
 */
export function findMachines(sensors: SensorDirectory, name: string): Set<string> {
  const all = new Set(sensors.all().map((sensor) => sensor.machine));
  const found = [...all].filter((path) => path === name || path.startsWith(`${name}/`));
  if (found.length > 0) return new Set(found);
  const byEnd = [...all].filter((path) => path.endsWith(`/${name}`));
  if (byEnd.length === 1) return new Set(byEnd);
  const shown = name.slice(0, 200);
  const message = byEnd.length > 1
    ? `"${shown}" fits several machines: ${byEnd.slice(0, 5).join(", ")}`
    : `there is no machine "${shown}"`;
  throw new PerchError("not_found", message, {
    errors: [{ path: "machine", message: "must be the path of a machine or of an area" }],
  });
}
