import { z } from "zod";
import { PerchError } from "../lib/base/errors.ts";
import type { Sensor, SensorDirectory } from "../lib/machines/registry.ts";

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
