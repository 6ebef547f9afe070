import type { Given } from "./budget.ts";
import { printf } from "./printf.ts";
import {
  type Callable,
  extreme,
  iif,
  isNumberLike,
  listOf,
  orDefault,
  toBool,
  toFloat,
  toInt,
} from "./functions.ts";
import { jsonText, parsedJson } from "./json.ts";
import { momentOf } from "./moment.ts";
import { arithmetic, floatOf, roundTo } from "./numbers.ts";
import { momentText, textOf } from "./text.ts";
import {
  entriesOf,
  Failure,
  float,
  isDict,
  isFloat,
  isNumber,
  isTrue,
  Moment,
  numeric,
  type Value,
} from "./values.ts";

const value = (given: Given) => given.get(0, "value");
/** Filters of texts take anything as it is printed. */
const text = (given: Given) => given.budget.value(textOf(value(given)));

const otherwise: Callable = (given) => {
  const found = value(given);
  const missing = found === undefined || (isTrue(given.get(2, "boolean")) && !isTrue(found));
  return missing ? given.get(1, "default_value", "") : found;
};

/** Home Assistant's own: what is missing leaves the state as it is. */
const isDefined: Callable = (given) => {
  if (value(given) === undefined) throw new Failure("a value is missing");
  return value(given);
};

const round: Callable = (given) => {
  const number = floatOf(value(given));
  const precision = given.get(1, "precision", 0);
  if (number === null || !isNumber(precision)) return orDefault(given, 3, "round");
  const digits = Math.trunc(numeric(precision));
  if (Number.isNaN(number)) return digits === 0 ? orDefault(given, 3, "round") : number;
  const rounded = roundBy(given.get(2, "method", "common"), number, digits);
  if (digits !== 0) return float(rounded);
  return Number.isFinite(rounded) ? Math.trunc(rounded) + 0 : orDefault(given, 3, "round");
};

function roundBy(method: Value, number: number, digits: number): number {
  const unit = 10 ** digits;
  if (method === "ceil") return Math.ceil(number * unit) / unit;
  if (method === "floor") return Math.floor(number * unit) / unit;
  return method === "half" ? roundTo(number * 2, 0) / 2 : roundTo(number, digits);
}

const abs: Callable = (given) => {
  const found = value(given);
  if (!isNumber(found)) throw new Failure("abs needs a number");
  const size = Math.abs(numeric(found));
  return typeof found === "object" ? float(size) : size;
};

/** `multiply` and `add` make a float of what they are given. */
function calculate(op: "*" | "+", name: string): Callable {
  return (given) => {
    const number = floatOf(value(given));
    const amount = given.get(1, "amount");
    return number === null || !isNumber(amount)
      ? orDefault(given, 2, name)
      : arithmetic(op, float(number), amount);
  };
}

function bits(name: string, of: (a: bigint, b: bigint) => bigint): Callable {
  return (given) => {
    const [a, b] = [value(given), given.get(1, "second_value")];
    if (!isNumber(a) || !isNumber(b) || isFloat(a) || isFloat(b)) {
      throw new Failure(`${name} needs two whole numbers`);
    }
    return Number(of(BigInt(numeric(a)), BigInt(numeric(b))));
  };
}

const length: Callable = (given) => {
  const found = value(given);
  return isDict(found) ? entriesOf(found).length : items(given).length;
};

const join: Callable = (given) => {
  const between = textOf(given.get(1, "d", ""));
  let out = "";
  listOf(value(given)).forEach((item, at) => {
    out += at === 0 ? textOf(item) : between + textOf(item);
    given.budget.spend();
    given.budget.long(out.length / 64);
  });
  return given.budget.value(out);
};

const sum: Callable = (given) => {
  let total: Value = 0;
  for (const item of listOf(value(given))) {
    given.budget.spend();
    total = arithmetic("+", total, item);
  }
  return total;
};

const replace: Callable = (given) => {
  const [old, by] = [textOf(given.get(1, "old")), textOf(given.get(2, "new"))];
  return replaced(given, text(given), old, by, given.get(3, "count"));
};

/** `count` undefined: all of them. */
export function replaced(
  { budget }: Pick<Given, "budget">,
  whole: string,
  old: string,
  by: string,
  count: Value,
): string {
  const most = isNumber(count) && numeric(count) >= 0 ? numeric(count) : Infinity;
  const parts = whole.split(old);
  const times = Math.min(most, parts.length - 1);
  budget.long(whole.length + times * by.length);
  const head = parts.slice(0, times + 1).join(by);
  return [head, ...parts.slice(times + 1)].join(old);
}

/** Seconds since 1970 as the time that it is, in UTC: the same moment as in any zone. */
const timestamp: Callable = (given) => {
  const found = value(given);
  if (!isNumber(found)) return orDefault(given, 1, "timestamp_local");
  return momentText(moment(numeric(found)), "T");
};

const asDatetime: Callable = (given) => {
  const found = value(given);
  if (found instanceof Moment) return found;
  const seconds = found === undefined ? null : floatOf(found);
  if (seconds !== null && Number.isFinite(seconds)) return moment(seconds);
  const read = typeof found === "string" ? momentOf(found) : null;
  if (read !== null) return read;
  if (given.has(1, "default")) return given.get(1, "default");
  if (typeof found === "string") return null;
  throw new Failure("as_datetime was given no time, and no default");
};

const asTimestamp: Callable = (given) => {
  const found = value(given);
  if (found instanceof Moment) return float(found.utcMs / 1000);
  const read = typeof found === "string" ? momentOf(found) : null;
  return read === null ? orDefault(given, 1, "as_timestamp") : float(read.utcMs / 1000);
};

function moment(seconds: number): Moment {
  const ms = Math.round(seconds * 1000);
  if (!(Math.abs(ms) < 8.64e15) || ms < -62_135_596_800_000 || ms > 253_402_300_799_999) {
    throw new Failure("there is no such time");
  }
  return new Moment(ms, 0);
}

/** A text is long before it is a list of its characters. */
const items = (given: Given) => listOf(given.budget.value(value(given)));
const first: Callable = (given) => items(given)[0];
const last: Callable = (given) => items(given).at(-1);
const list: Callable = (given) => given.budget.value(items(given));

export const FILTERS: ReadonlyMap<string, Callable> = new Map<string, Callable>([
  ["float", toFloat],
  ["int", toInt],
  ["bool", toBool],
  ["round", round],
  ["abs", abs],
  ["multiply", calculate("*", "multiply")],
  ["add", calculate("+", "add")],
  ["bitwise_and", bits("bitwise_and", (a, b) => a & b)],
  ["bitwise_or", bits("bitwise_or", (a, b) => a | b)],
  ["bitwise_xor", bits("bitwise_xor", (a, b) => a ^ b)],
  ["default", otherwise],
  ["d", otherwise],
  ["is_defined", isDefined],
  ["is_number", isNumberLike],
  ["iif", iif],
  ["lower", (given) => text(given).toLowerCase()],
  ["upper", (given) => text(given).toUpperCase()],
  ["title", (given) => text(given).split(WORD_STARTS).map(capitalized).join("")],
  ["capitalize", (given) => capitalized(text(given))],
  ["trim", (given) => text(given).trim()],
  ["string", text],
  ["replace", replace],
  ["format", (given) => printf(text(given), given.all().slice(1), given.budget)],
  ["tojson", (given) => jsonText(value(given), "spaced", given.budget)],
  ["to_json", (given) => jsonText(value(given), "tight", given.budget)],
  ["from_json", (given) => parsedJson(given.text(0, "value"))],
  ["length", length],
  ["count", length],
  ["first", first],
  ["last", last],
  ["list", list],
  ["join", join],
  ["sum", sum],
  ["min", extreme(-1)],
  ["max", extreme(1)],
  ["as_datetime", asDatetime],
  ["as_local", asDatetime],
  ["as_timestamp", asTimestamp],
  ["timestamp_local", timestamp],
  ["timestamp_utc", timestamp],
]);

/** Where Jinja begins a new word. */
const WORD_STARTS = /([-\s({[<]+)/;

export function titled(whole: string): string {
  return whole.replace(/\p{L}+/gu, capitalized);
}

export function capitalized(whole: string): string {
  return whole.slice(0, 1).toUpperCase() + whole.slice(1).toLowerCase();
}
