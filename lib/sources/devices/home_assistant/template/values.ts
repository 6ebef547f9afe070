/*
 * The values of templates are Python's, because templates are written for it: a whole number is no float (`5` and
 * `5.0` print differently), keys of a dict may be numbers, what is missing is undefined until it is used.
 *
 * undefined: missing · null: None · boolean · number · Float: a float without a fraction · string · list (array) ·
 * object: of JSON · Dict: written in the template · Moment: a date with its time
 */

/** A float without a fraction: as a number alone it would be an integer. */
export class Float {
  constructor(readonly value: number) {}
}

/** A dict of the template: keys are texts and numbers, which are not the same. */
export class Dict {
  readonly #entries = new Map<string, [Value, Value]>();

  set(key: Value, value: Value): void {
    this.#entries.set(keyOf(key), [key, value]);
  }

  has(key: Value): boolean {
    return this.#entries.has(keyOf(key));
  }

  get(key: Value): Value {
    return this.#entries.get(keyOf(key))?.[1];
  }

  entries(): [Value, Value][] {
    return [...this.#entries.values()];
  }
}

/** A date with its time. `offsetMs` null: in no zone. */
export class Moment {
  constructor(readonly utcMs: number, readonly offsetMs: number | null) {}
}

export type Json = { readonly [key: string]: Value };
export type Value =
  | undefined
  | null
  | boolean
  | number
  | string
  | Float
  | Dict
  | Moment
  | readonly Value[]
  | Json;

/** The template cannot be rendered with these values: Home Assistant would log an error and change nothing. */
export class Failure extends Error {}

/** Texts and lists of a template that become longer than this end it. */
export const LONG_MOST = 65_536;

export function isJson(value: Value): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Float) && !(value instanceof Dict) && !(value instanceof Moment);
}

/** Booleans count as numbers. */
export function isNumber(value: Value): value is number | boolean | Float {
  return typeof value === "number" || typeof value === "boolean" || value instanceof Float;
}

export function numeric(value: number | boolean | Float): number {
  return value instanceof Float ? value.value : Number(value);
}

export function isFloat(value: Value): boolean {
  return value instanceof Float || (typeof value === "number" && !Number.isInteger(value));
}

export function float(value: number): number | Float {
  return Number.isInteger(value) ? new Float(value) : value;
}

export function ownKey(object: Json, key: Value): Value {
  return typeof key === "string" && Object.hasOwn(object, key) ? object[key] : undefined;
}

export function isTrue(value: Value): boolean {
  if (value === undefined || value === null) return false;
  if (isNumber(value)) return numeric(value) !== 0;
  if (typeof value === "string" || Array.isArray(value)) return value.length > 0;
  if (value instanceof Dict) return value.entries().length > 0;
  return value instanceof Moment || Object.keys(value).length > 0;
}

function keyOf(key: Value): string {
  if (typeof key === "string") return `s${key}`;
  if (isNumber(key)) return `n${numeric(key)}`;
  if (key === null || key === undefined) return String(key);
  throw new Failure("a key of a dict is a text or a number");
}

/** Whether two values are equal, as `==` of Python: never an error. */
export function equal(a: Value, b: Value, depth = 0): boolean {
  if (a === b) return true;
  if (isNumber(a)) return isNumber(b) && numeric(a) === numeric(b);
  if (a instanceof Moment) return b instanceof Moment && a.utcMs === b.utcMs;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (depth > 20) throw new Failure("what is compared is nested too deeply");
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length &&
      a.every((one, at) => equal(one, b[at], depth + 1));
  }
  if (!isDict(a) || !isDict(b)) return false;
  const [left, right] = [entriesOf(a), entriesOf(b)];
  return left.length === right.length &&
    left.every(([key, value]) => hasKey(b, key) && equal(value, itemOf(b, key), depth + 1));
}

export function isDict(value: Value): value is Dict | Json {
  return value instanceof Dict || isJson(value);
}

export function entriesOf(dict: Dict | Json): [Value, Value][] {
  return dict instanceof Dict ? dict.entries() : Object.entries(dict);
}

export function hasKey(dict: Dict | Json, key: Value): boolean {
  if (dict instanceof Dict) return dict.has(key);
  return typeof key === "string" && Object.hasOwn(dict, key);
}

function itemOf(dict: Dict | Json, key: Value): Value {
  return dict instanceof Dict ? dict.get(key) : ownKey(dict, key);
}

/** What `dict[key]`, `list[0]`, `text[0]` give; what is not there is undefined. */
export function item(of: Value, key: Value): Value {
  if (of === undefined) throw new Failure("something of what is missing is asked for");
  if (isDict(of)) return itemOf(of, key);
  if (typeof of !== "string" && !Array.isArray(of)) return undefined;
  if (!isNumber(key) || isFloat(key)) return undefined;
  const at = numeric(key);
  return of[at < 0 ? at + of.length : at];
}
