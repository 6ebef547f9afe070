import { z } from "zod";
import { type FieldError, PerchError } from "./errors.ts";

/*
 * What people read about a field that a schema refuses: what is allowed there, then what was given. Handed to each
 * parse (`schema.safeParse(value, { error: fieldWords })`); a schema that has words of its own keeps them.
 */

/** Entries of one answer. */
const ERRORS_MOST = 20;

type Issue = z.core.$ZodRawIssue;

const TYPES: Record<string, string> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};
const FORMATS: Record<string, string> = {
  email: "an email address",
  url: "a web address",
  uuid: "a UUID",
  datetime: "a time such as 2026-05-04T10:00:00Z",
  date: "a day such as 2026-05-04",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  json_string: "JSON",
};
const NUMBERS: ReadonlySet<string> = new Set([TYPES.number, TYPES.int]);
/** An empty field, which a form takes for none: no word of its own beside what else is allowed. */
const NOTHING = "nothing";
const WORDS_MOST = 40;
/** Their values are in no message. */
const SECRETS = /pass|secret|token|key|code|auth|pin$|url$/i;

/** For zod: `give a number of at least 10; it was -1`, `"abc" is not a number`. */
export function fieldWords(issue: Issue): string | undefined {
  const allowed = allowedBy(issue);
  if (NUMBERS.has(allowed ?? "") && typeof issue.input === "string" && !isSecret(issue.path)) {
    const other = notNumber(issue.input, allowed!);
    if (other !== null) return other;
  }
  return allowed === undefined ? undefined : `give ${allowed}${given(issue)}`;
}

/** Of text where `allowed`, a number, belongs: `"abc" is not a number`; null where it could be one. */
export function notNumber(text: string, allowed = TYPES.number): string | null {
  const isOne = text.trim() === "" || !Number.isNaN(Number(text));
  return isOne ? null : `${quoted(text)} is not ${allowed}`;
}

function allowedBy(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? issue.expected;
    case "invalid_value":
      return listed(issue.values.map(String).filter((value) => value !== ""));
    case "too_small":
      return sized(issue.origin, "at least", issue.minimum, issue.inclusive ?? true);
    case "too_big":
      return sized(issue.origin, "at most", issue.maximum, issue.inclusive ?? true);
    case "invalid_format":
      return FORMATS[issue.format] ?? "a text of the right form";
    case "not_multiple_of":
      return issue.divisor === 1 ? "a whole number" : `a multiple of ${issue.divisor}`;
    case "invalid_union":
      return ofUnion(issue.errors);
    default:
      return undefined;
  }
}

function sized(
  origin: string,
  bound: "at least" | "at most",
  limit: number | bigint,
  inclusive: boolean,
): string {
  switch (origin) {
    case "string":
      return limit === 1 && bound === "at least"
        ? "a text that is not empty"
        : `a text of ${bound} ${counted(limit, "character")}`;
    case "array":
    case "set":
      return `a list of ${bound} ${counted(limit, "entry", "entries")}`;
    case "object":
    case "map":
      return `${bound} ${counted(limit, "entry", "entries")}`;
    default:
      if (inclusive) return `a number of ${bound} ${limit}`;
      return `a number ${bound === "at least" ? "above" : "below"} ${limit}`;
  }
}

const counted = (n: number | bigint, one: string, many = `${one}s`) =>
  `${n} ${Number(n) === 1 ? one : many}`;

function listed(words: readonly string[]): string {
  const shown = words.slice(0, WORDS_MOST);
  if (shown.length === 0) return NOTHING;
  if (words.length > WORDS_MOST) return `one of ${shown.join(", ")} …`;
  return shown.length === 1 ? shown[0] : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)}`;
}

/** What each of its forms wants, where that can be said in a word. */
function ofUnion(errors: readonly (readonly z.core.$ZodIssue[])[]): string | undefined {
  const forms = errors.map(([first]) =>
    first?.path.length === 0 ? /^give ([^;]*)/.exec(first.message)?.[1] : undefined
  );
  const known = [...new Set(forms.filter((form) => form !== undefined && form !== NOTHING))];
  return known.length === 0 || forms.includes(undefined) ? undefined : known.join(" or ");
}

function given({ code, input, path = [] }: Issue): string {
  if (input === undefined) return "; it is missing";
  if (isSecret(path)) return "";
  if (input === "") return "";
  if (typeof input === "string") {
    const isLong = code === "too_big" || code === "too_small";
    return isLong
      ? `; it has ${counted([...input].length, "character")}`
      : `; it was ${quoted(input)}`;
  }
  if (Array.isArray(input)) {
    return code === "invalid_type" ? "; it was a list" : `; it has ${input.length}`;
  }
  if (typeof input === "object" && input !== null) return "; it was an object";
  return Number.isNaN(input) ? "" : `; it was ${String(input).slice(0, WORDS_MOST)}`;
}

const isSecret = (path: readonly PropertyKey[] = []) =>
  path.some((name) => SECRETS.test(String(name)));

function quoted(text: string): string {
  const cut = text.length > WORDS_MOST ? `${text.slice(0, WORDS_MOST)}…` : text;
  return JSON.stringify(cut.toWellFormed().replace(/[\p{Cc}\p{Cf}]/gu, "�"));
}

/**
 * One entry for each wrong field, at most 20: of two that say how large a number may be, the narrower. What the
 * schema does not know is named with what it does.
 */
export function fieldErrors(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
): FieldError[] {
  const found = new Map<string, { message: string; most: number }>();
  const put = (path: readonly PropertyKey[], message: string, limit = Infinity) => {
    const name = path.map(String).join(".");
    const before = found.get(name);
    if (before !== undefined ? limit < before.most : found.size < ERRORS_MOST) {
      found.set(name, { message, most: limit });
    }
  };
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") {
      const names = fieldsAt(schema, issue.path);
      const message = names === undefined
        ? "unknown field"
        : `unknown field; known: ${names.slice(0, WORDS_MOST).join(", ")}`;
      for (const key of issue.keys.slice(0, ERRORS_MOST)) put([...issue.path, key], message);
    } else {
      put(issue.path, issue.message, issue.code === "too_big" ? Number(issue.maximum) : undefined);
    }
  }
  return [...found].map(([path, { message }]) => ({ path, message }));
}

/**
 * What `schema` makes of `value`; `under` is the field that holds it, if one does. @throws PerchError `validation`
 * with one entry for each wrong field
 */
export function parseFields<T>(schema: z.ZodType<T>, value: unknown, under?: string): T {
  const result = schema.safeParse(value, { error: fieldWords });
  if (result.success) return result.data;
  const errors = fieldErrors(result.error.issues, schema).map(({ path, message }) => ({
    path: under === undefined ? path : `${under}.${path}`,
    message,
  }));
  throw new PerchError("validation", `${errors[0].path}: ${errors[0].message}`, { errors });
}

/** Names that an object of `schema` may have at `path`. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] | undefined {
  let at: unknown = bare(schema);
  for (const name of path) {
    if (at instanceof z.ZodObject) at = bare(at.shape[String(name)]);
    else if (at instanceof z.ZodArray) at = bare(at.element);
    else return undefined;
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : undefined;
}

function bare(schema: unknown): unknown {
  if (
    schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly
  ) return bare(schema.unwrap());
  return schema instanceof z.ZodPipe ? bare(schema.in) : schema;
}
