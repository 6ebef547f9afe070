import { z } from "zod";
import { lately } from "../../lib/base/schemas/late.ts";
import { PerchError } from "../../lib/base/errors.ts";
import { isUnder } from "../../lib/machines/machine.ts";
import { placeOf } from "../../lib/machines/places.ts";
import type { Sensor, SensorDirectory } from "../../lib/machines/sensor.ts";
import { VERDICTS } from "../../lib/words/verdict.ts";

/** A page of a list: `next` goes into the next question as `cursor`; null: there is no more. */
export const listOf = lately(<T extends z.ZodType>(item: T) => {
  const page = z.object({ items: z.array(item), next: z.string().nullable() });
  const name = item.meta()?.id;
  return name === undefined ? page : page.meta({ id: `${name}List` });
});

/** How many items of a list to answer. */
export function limitField(most: number, byDefault: number) {
  return z.coerce.number().int().min(1).max(most).optional().describe(`default ${byDefault}`);
}

/** Where a list continues. */
export function cursorField(longest = 40) {
  return z.string().max(longest).optional().describe("`next` of the answer before");
}

/** A page of a list that is in memory, in the order of its keys. */
export function pageInMemory<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { cursor, limit }: { cursor?: string; limit: number },
): { items: T[]; next: string | null } {
  const at = cursor === undefined ? 0 : items.findIndex((item) => keyOf(item) > cursor);
  const from = at < 0 ? items.length : at;
  const page = items.slice(from, from + limit);
  return { items: page, next: from + limit < items.length ? keyOf(page.at(-1)!) : null };
}

/** A path parameter that holds an id of this many characters at most. */
export const idParams = (longest = 40) => z.object({ id: z.string().max(longest) });

/** A form that is one button, with the id of what it acts on. */
export const idForm = z.strictObject({ id: z.string().max(40) });

/** Whether what was found is real. */
export const judgementShape = z.strictObject({ verdict: z.enum(VERDICTS) }).meta({
  id: "Judgement",
});

/** A query parameter with several values: separated by commas, or given several times. At most 500. */
export function list<T extends z.ZodType<string, string>>(item: T) {
  return z.union([z.string(), z.array(z.string())])
    .transform((value) => (Array.isArray(value) ? value : [value]).flatMap((v) => v.split(",")))
    .pipe(z.array(item).min(1).max(500))
    // The document says what may stand in it, not how it is read; it alone asks for that.
    .meta({
      anyOf: undefined,
      type: "array",
      get items() {
        const { $schema: _, ...items } = z.toJSONSchema(item, { io: "input" });
        return items;
      },
    });
}

/** A query parameter that is `true` or `false`. */
export function flagField(about: string) {
  return z.stringbool().optional().meta({ type: "boolean", description: about });
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
 * Path of the machine or area that `name` names: its path, or, where that is unambiguous, the end of it or what people
 * read in its place (`Press 3` for `hall-1/press-3`).
 * @throws PerchError `not_found`; it names what there is instead
 */
export function findPlace(sensors: SensorDirectory, name: string): string {
  const all = new Set(sensors.all().map((sensor) => sensor.machine));
  const { path, fault } = placeOf(name, [...all].map((path) => ({ path, name: null })));
  if (path !== null) return path;
  throw new PerchError("not_found", fault, { errors: [{ path: "machine", message: fault }] });
}

/** Paths of the machines that `name` names, as `findPlace`: of an area all below it. @throws PerchError `not_found` */
export function findMachines(sensors: SensorDirectory, name: string): Set<string> {
  const place = findPlace(sensors, name);
  const all = sensors.all().map((sensor) => sensor.machine);
  return new Set(all.filter((path) => isUnder(path, place)));
}
