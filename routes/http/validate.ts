import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { FieldError } from "../../lib/base/errors.ts";

const MOST_ERRORS = 20;

/** An object schema that says nothing about unknown fields is made to refuse them. */
export function strict(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodObject && schema.def.catchall === undefined) return schema.strict();
  return schema;
}

/**
 * Parses `value`, or throws PerchError `validation` with one entry per wrong field (at most 20).
 * `part` leads each path for parameters and queries (`query.from`); a body's fields stand for themselves.
 */
export async function validate(
  schema: z.ZodType,
  value: unknown,
  part: "params" | "query" | "body",
): Promise<unknown> {
  const result = await schema.safeParseAsync(value);
  if (result.success) return result.data;
  const prefix = part === "body" ? [] : [part];
  const errors: FieldError[] = [];
  for (const issue of result.error.issues.slice(0, MOST_ERRORS)) {
    const keys = issue.code === "unrecognized_keys" ? issue.keys.slice(0, MOST_ERRORS) : [null];
    for (const key of keys) {
      const path = [...prefix, ...issue.path, ...(key === null ? [] : [key])].join(".");
      errors.push({ path, message: key === null ? issue.message : "unknown field" });
    }
  }
  const first = errors[0];
  const where = first.path === "" ? part : first.path;
  throw new PerchError("validation", `${where}: ${first.message}`, {
    errors: errors.slice(0, MOST_ERRORS),
  });
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
