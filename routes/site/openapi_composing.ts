/** A part of the document. */
export type Json = Record<string, unknown>;

type Shape = Json & {
  properties: Record<string, Json>;
  required?: string[];
  additionalProperties?: unknown;
};

/**
 * Schemas of which one holds all fields of another refer to it: `AlarmDetail` is an `Alarm` and more, and a
 * generated client has the type `Alarm & {…}`.
 */
export function composed(schemas: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, json]) => [
      name,
      isShape(json) ? compose(json, schemas) : json,
    ]),
  );
}

function compose(shape: Shape, schemas: Record<string, Json>): Json {
  const bases: string[] = [];
  const left = { ...shape.properties };
  const required = new Set(shape.required ?? []);
  for (;;) {
    const name = largestIn(left, shape, schemas);
    if (name === undefined) break;
    bases.push(name);
    const base = schemas[name] as Shape;
    for (const field of Object.keys(base.properties)) delete left[field];
    for (const field of base.required ?? []) required.delete(field);
  }
  if (bases.length === 0) return shape;
  const { additionalProperties, properties: _, required: __, ...rest } = shape;
  return {
    ...rest,
    allOf: bases.map((name) => ({ $ref: `#/components/schemas/${name}` })),
    ...(Object.keys(left).length === 0 ? {} : { properties: left }),
    ...(required.size === 0 ? {} : { required: [...required] }),
    // `additionalProperties` would not know of the fields of the others.
    ...(additionalProperties === undefined ? {} : { unevaluatedProperties: additionalProperties }),
  };
}

/** The largest open schema that is smaller than `shape`, has all its fields in it, and some of what is `left`. */
function largestIn(
  left: Record<string, Json>,
  shape: Shape,
  schemas: Record<string, Json>,
): string | undefined {
  const fitting = Object.entries(schemas).filter(([, other]) =>
    isShape(other) && other.additionalProperties === undefined &&
    Object.keys(other.properties).filter((name) => name in left).length >= LEAST_FIELDS &&
    Object.keys(other.properties).length < Object.keys(shape.properties).length &&
    Object.entries(other.properties).every(([name, one]) => same(shape.properties[name], one)) &&
    (other.required ?? []).every((name) => shape.required?.includes(name))
  );
  const size = ([, json]: [string, Json]) => JSON.stringify(json).length;
  return fitting.sort((a, b) => size(b) - size(a))[0]?.[0];
}

/** Two shapes with fewer fields in common have them by chance. */
const LEAST_FIELDS = 3;

const isShape = (json: Json): json is Shape => json.type === "object" && "properties" in json;
const same = (a: Json | undefined, b: Json) => JSON.stringify(a) === JSON.stringify(b);
