import { z } from "zod";
import { composed, type Json } from "./openapi_composing.ts";

type Io = "input" | "output";

const ANY = /"#\/\$defs\/(input|output)\/([^"]+)"/g;

/**
 * The schemas of a document. Those that have a name become components. One that is read otherwise than it is
 * written (defaults, texts that become numbers) has two: `Rule` in answers, `RuleInput` in requests.
 */
export class SchemaBook {
  readonly #named = { input: new Map<string, Json>(), output: new Map<string, Json>() };
  readonly #enums: ReadonlyMap<string, string>;

  /** @param enums names of enumerations, which are components too */
  constructor(enums: Record<string, readonly string[]> = {}) {
    this.#enums = new Map(
      Object.entries(enums).map(([name, values]) => [JSON.stringify(values), name]),
    );
  }

  /**
   * A schema as JSON Schema; references stand for the named ones until `resolved`.
   * @throws Error when another schema has the same name
   */
  of(schema: z.ZodType, io: Io): Json {
    // Inside another one: a name at the root would be left out.
    const json: Json = z.toJSONSchema(z.object({ schema }), {
      io,
      unrepresentable: "any",
      override: ({ jsonSchema }) => plainer(jsonSchema, io),
    });
    const named = Object.entries((json.$defs ?? {}) as Record<string, Json>);
    for (const [name, one] of named) this.#keep(name, this.#tidy(one, io), io);
    return this.#tidy((json.properties as Record<string, Json>).schema, io);
  }

  /** References say which side they are of. */
  #tidy(json: Json, io: Io): Json {
    const marked = JSON.stringify(json).replaceAll('"#/$defs/', `"#/$defs/${io}/`);
    return JSON.parse(marked, (_, value) => this.#referred(shorter(value), io));
  }

  /** A reference, where it is an enumeration that has a name. */
  #referred(json: unknown, io: Io): unknown {
    if (!isEnum(json)) return json;
    const { type, enum: values, ...rest } = json;
    const name = this.#enums.get(JSON.stringify(values));
    if (name === undefined) return json;
    this.#named[io].set(name, { type, enum: values });
    return { $ref: `#/$defs/${io}/${name}`, ...rest };
  }

  #keep(name: string, json: Json, io: Io): void {
    const known = this.#named[io].get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(json)) {
      throw new Error(`two schemas are called ${name}`);
    }
    this.#named[io].set(name, json);
  }

  /** The document with its components and with references to them. */
  resolved(document: Json & { components: Json }): Json {
    const schemas: Record<string, Json> = {};
    const twofold = this.#twofold();
    const nameOf = (io: Io, name: string) =>
      io === "input" && twofold.has(name) ? `${name}Input` : name;
    for (const io of ["output", "input"] as const) {
      for (const [name, json] of this.#named[io]) schemas[nameOf(io, name)] ??= json;
    }
    const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a < b ? -1 : 1));
    const referring = (json: Json) =>
      JSON.parse(
        JSON.stringify(json).replace(
          ANY,
          (_, io: Io, name: string) => `"#/components/schemas/${nameOf(io, name)}"`,
        ),
      );
    const { components, ...rest } = referring(document);
    return { ...rest, components: { schemas: composed(referring(sorted)), ...components } };
  }

  /** Names whose two sides differ, in themselves or in what they refer to. */
  #twofold(): Set<string> {
    const { input, output } = this.#named;
    const both = [...input.keys()].filter((name) => output.has(name));
    const differ = new Set<string>();
    for (let before = -1; differ.size > before;) {
      before = differ.size;
      const plain = (json: Json) =>
        JSON.stringify(json).replace(
          ANY,
          (_, io: Io, name: string) => differ.has(name) ? `"${io} ${name}"` : `"${name}"`,
        ).replaceAll(',"additionalProperties":false', "");
      for (const name of both) {
        if (plain(input.get(name)!) !== plain(output.get(name)!)) differ.add(name);
      }
    }
    return differ;
  }
}

/**
 * Without what only makes it longer: bounds that say "a whole number that JavaScript can hold", and that answers
 * have no further fields. Clients take those of later versions as they come; the tests hold ours to the document.
 */
function plainer(json: Json, io: Io): void {
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
  if (io === "output" && json.additionalProperties === false) delete json.additionalProperties;
}

/** The same in fewer words: `type: [string, null]` for a choice of the two, no rule for names that are any text. */
function shorter(json: unknown): unknown {
  if (!isJson(json)) return json;
  const { propertyNames, anyOf, ...rest } = json;
  const anyName = isJson(propertyNames) && JSON.stringify(propertyNames) === '{"type":"string"}';
  const one = Array.isArray(anyOf) && anyOf.length === 2 && anyOf[1].type === "null" && anyOf[0];
  if (!one || typeof one.type !== "string") {
    if (!anyName) return json;
    return { ...rest, ...(anyOf === undefined ? {} : { anyOf }) };
  }
  return {
    ...one,
    ...rest,
    type: [one.type, "null"],
    ...(one.enum === undefined ? {} : { enum: [...one.enum, null] }),
  };
}

function isEnum(json: unknown): json is { type: "string"; enum: string[] } {
  return isJson(json) && json.type === "string" && Array.isArray(json.enum);
}

const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
