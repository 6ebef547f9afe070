import type { Given } from "./budget.ts";
import { compared } from "./compare.ts";
import { floatOf, intOf } from "./numbers.ts";
import {
  entriesOf,
  equal,
  Failure,
  float,
  hasKey,
  isDict,
  isNumber,
  isTrue,
  numeric,
  type Value,
} from "./values.ts";

/** A function, or a filter: then the first argument is what stands before the `|`. */
export type Callable = (given: Given) => Value;

/** `default` where it is given; without one, what cannot be converted ends the template. */
export function orDefault(given: Given, at: number, what: string): Value {
  if (given.has(at, "default")) return given.get(at, "default");
  throw new Failure(`${what} was given no number, and no default`);
}

export const toFloat: Callable = (given) => {
  const value = floatOf(given.get(0, "value"));
  return value === null ? orDefault(given, 1, "float") : float(value);
};

export const toInt: Callable = (given) => {
  const base = given.get(2, "base", 10);
  const value = intOf(given.get(0, "value"), isNumber(base) ? numeric(base) : 10);
  return value === null ? orDefault(given, 1, "int") : value;
};

const TRUE_WORDS: ReadonlySet<string> = new Set(["true", "yes", "on", "enable", "1"]);
const FALSE_WORDS: ReadonlySet<string> = new Set(["false", "no", "off", "disable", "0"]);

export const toBool: Callable = (given) => {
  const value = given.get(0, "value");
  if (typeof value === "boolean") return value;
  if (isNumber(value)) return numeric(value) !== 0;
  if (typeof value === "string") {
    const word = value.trim().toLowerCase();
    if (TRUE_WORDS.has(word)) return true;
    if (FALSE_WORDS.has(word)) return false;
  }
  return orDefault(given, 1, "bool");
};

export const isNumberLike: Callable = (given) => {
  const value = given.get(0, "value");
  const number = value === undefined ? null : floatOf(value);
  return number !== null && Number.isFinite(number);
};

/** `iif(test, yes, no, none)`. */
export const iif: Callable = (given) => {
  const value = given.get(0, "value");
  if (value === null && given.has(3, "if_none")) return given.get(3, "if_none");
  return isTrue(value) ? given.get(1, "if_true", true) : given.get(2, "if_false", false);
};

/** The smallest or largest of a list, or of the arguments. */
export function extreme(direction: -1 | 1): Callable {
  return (given) => {
    const items = given.count === 1 ? listOf(given.get(0, "value")) : given.all();
    given.budget.each(items.length);
    let best = items[0];
    for (const item of items) if (compared(item, best) * direction > 0) best = item;
    return best;
  };
}

/** The items of a list, the characters of a text, the keys of a dict. */
export function listOf(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return [...value];
  if (value === undefined) return [];
  if (isDict(value)) return entriesOf(value).map(([key]) => key);
  throw new Failure("a list is needed");
}

/** Whether `value in within`. */
export function isIn(value: Value, within: Value): boolean {
  if (typeof within === "string") {
    if (typeof value !== "string") throw new Failure("only a text can be in a text");
    return within.includes(value);
  }
  if (Array.isArray(within)) return within.some((one) => equal(one, value));
  if (within === undefined) return false;
  if (isDict(within)) return hasKey(within, value);
  throw new Failure("nothing can be in this");
}

export const FUNCTIONS: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ["float", toFloat],
  ["int", toInt],
  ["bool", toBool],
  ["is_number", isNumberLike],
  ["iif", iif],
  ["min", extreme(-1)],
  ["max", extreme(1)],
]);
