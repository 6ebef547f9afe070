/** A stored setting that does not fit any more: the nearest value that does. Pure. */

/** The part of JSON Schema that settings use. */
interface Schema {
  type?: string;
  minimum?: number;
  maximum?: number;
  enum?: readonly unknown[];
  const?: unknown;
  anyOf?: readonly Schema[];
}

/** The nearest value that the schema allows; undefined: no value is near. */
export function nearestValid(schema: unknown, value: unknown): unknown {
  const { type, minimum, maximum, enum: options, anyOf } = schema as Schema;
  if (options !== undefined) return nearestOption(options, value);
  if (anyOf !== undefined) {
    return anyOf.map((one) => nearestValid(one, value)).find((one) => one !== undefined);
  }
  if (type === "boolean") return asBoolean(value);
  if (type !== "integer" && type !== "number") return undefined;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) return undefined;
  const whole = type === "integer" ? Math.round(number) : number;
  return Math.min(maximum ?? Infinity, Math.max(minimum ?? -Infinity, whole));
}

function asBoolean(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  const text = String(value).toLowerCase();
  if (/^(true|yes|on|1)$/.test(text)) return true;
  return /^(false|no|off|0)$/.test(text) ? false : undefined;
}

function nearestOption(options: readonly unknown[], value: unknown): unknown {
  if (typeof value === "number" && options.every((one) => typeof one === "number")) {
    return (options as number[]).toSorted((a, b) => Math.abs(a - value) - Math.abs(b - value))[0];
  }
  const plain = (one: unknown) => String(one).toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return options.find((one) => plain(one) === plain(value));
}
