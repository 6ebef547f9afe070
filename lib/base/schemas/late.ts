/**
 * A zod schema that is made when it is first used. Perch writes down some 3 000, each in several steps (`z.string()`,
 * then `.max(40)`, then `.optional()` are three schemas), and a run uses a few of them: what it is asked. Until then a
 * schema is remembered as how it is made, a tenth of the memory and of the time.
 *
 * What makes another schema (`max`, `optional`, `extend` …) is remembered too; whatever else is asked of a schema
 * (`parse`, `shape`, `meta()`) makes it. Perch has late schemas in hand alone, and inside one that was made there are
 * none: zod knows what is said of a schema by the schema itself.
 */

/** What schemas are asked for while a program is loaded, and what gives another schema. */
const STEPS = [
  "and",
  "array",
  "brand",
  "catch",
  "catchall",
  "check",
  "default",
  "describe",
  "email",
  "endsWith",
  "extend",
  "gt",
  "gte",
  "int",
  "length",
  "loose",
  "lt",
  "lte",
  "max",
  "min",
  "multipleOf",
  "nonempty",
  "nonnegative",
  "nonoptional",
  "nullable",
  "nullish",
  "omit",
  "optional",
  "or",
  "overwrite",
  "partial",
  "pick",
  "pipe",
  "positive",
  "prefault",
  "readonly",
  "refine",
  "regex",
  "required",
  "safeExtend",
  "startsWith",
  "strict",
  "strip",
  "superRefine",
  "toLowerCase",
  "toUpperCase",
  "transform",
  "trim",
  "url",
] as const;

// deno-lint-ignore no-explicit-any
type Made = any;
type Make = (...args: never[]) => unknown;

class Late {
  made: Made;
  from: Make | Late | null;
  step: string;
  args: readonly unknown[] | null;

  constructor(from: Make | Late, step: string, args: readonly unknown[]) {
    this.made = null;
    this.from = from;
    this.step = step;
    this.args = args;
  }
}

/** The schema itself; anything that is no late schema is itself. */
export function made(schema: unknown): Made {
  if (!(schema instanceof Late)) return schema;
  if (schema.made === null) {
    const { from, step, args } = schema;
    const given = args!.map(withMade);
    schema.made = from instanceof Late
      ? made(from)[step](...given)
      : made(from!(...given as never[]));
    schema.from = schema.args = null;
  }
  return schema.made;
}

/** Lists, and fields by name, of schemas; what is read when it is asked for (a schema of itself) stays so. */
function withMade(given: unknown): unknown {
  if (given instanceof Late) return made(given);
  if (Array.isArray(given)) {
    return given.some((one) => one instanceof Late) ? given.map(made) : given;
  }
  if (given === null || typeof given !== "object") return given;
  const fields = Object.getOwnPropertyDescriptors(given);
  const values = Object.values(fields);
  if (!values.some(({ get, value }) => get !== undefined || value instanceof Late)) return given;
  for (const field of values) {
    const { get } = field;
    if (get === undefined) field.value = made(field.value);
    else field.get = () => made(get.call(given));
  }
  return Object.defineProperties({}, fields);
}

/** `make`, which gives a schema, called when that is first used; its schemas are made then too. */
export function lately<F extends Make>(make: F): F {
  return ((...args: unknown[]) => new Late(make, "", args)) as unknown as F;
}

for (const step of STEPS) {
  Object.defineProperty(Late.prototype, step, {
    value(this: Late, ...args: unknown[]) {
      return new Late(this, step, args);
    },
  });
}
for (const use of ["parse", "safeParse", "parseAsync", "safeParseAsync"]) {
  Object.defineProperty(Late.prototype, use, {
    value(this: Late, ...args: unknown[]) {
      return made(this)[use](...args);
    },
  });
}
/** `meta()` asks, `meta({…})` gives another. */
Object.defineProperty(Late.prototype, "meta", {
  value(this: Late, ...args: unknown[]) {
    return args.length === 0 ? made(this).meta() : new Late(this, "meta", args);
  },
});
// Everything else is asked of the schema itself.
Object.setPrototypeOf(
  Late.prototype,
  new Proxy({}, {
    get(_, name, late) {
      const schema = made(late);
      const value = schema[name];
      if (typeof value !== "function") return name === "shape" ? shown(value) : shownOne(value);
      return (...args: unknown[]) => shownOne(value.apply(schema, args.map(withMade)));
    },
    has: (_, name) => name === "_zod",
  }),
);

/** Schemas that a schema consists of, so that what is made of them is made late too. */
function shown(shape: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(shape).map(([name, one]) => [name, shownOne(one)]));
}

function shownOne(value: Made): unknown {
  if (Array.isArray(value)) return value.map(shownOne);
  if (typeof value !== "object" || value?._zod === undefined) return value;
  const late = new Late(() => value, "", []);
  late.made = value;
  return late;
}
