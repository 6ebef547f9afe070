import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import { lately } from "../../lib/base/schemas/late.ts";
import { fieldErrors, fieldWords } from "../../lib/base/field_words.ts";

/** An object schema that says nothing about unknown fields is made to refuse them. */
export const strict = lately((schema: z.ZodType): z.ZodType => {
  if (schema instanceof z.ZodObject && schema.def.catchall === undefined) return schema.strict();
  return schema;
});

/**
 * Parses `value`, or throws PerchError `validation` with one entry per wrong field (at most 20).
 * `part` leads each path for parameters and queries (`query.from`); a body's fields stand for themselves.
 */
export async function validate(
  schema: z.ZodType,
  value: unknown,
  part: "params" | "query" | "body",
): Promise<unknown> {
  const result = await schema.safeParseAsync(value, { error: fieldWords });
  if (result.success) return result.data;
  const errors = fieldErrors(result.error.issues, schema).map(({ path, message }) => ({
    path: part === "body" ? path : [part, path].filter((name) => name !== "").join("."),
    message,
  }));
  const [{ path, message }] = errors;
  throw new PerchError("validation", `${path === "" ? part : path}: ${message}`, { errors });
}

/** Query parameters as an object; a parameter given more than once becomes an array. */
export function queryObject(params: URLSearchParams): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = Object.create(null);
  for (const [key, value] of params) {
    const before = out[key];
    if (before === undefined) out[key] = value;
    else if (Array.isArray(before)) before.push(value);
    else out[key] = [before, value];
  }
  return { ...out };
}
