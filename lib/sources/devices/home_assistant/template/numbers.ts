import { Failure, Float, float, isFloat, isNumber, numeric, type Value } from "./values.ts";

const FLOAT_TEXT = /^[+-]?(?:(?:\d+(?:_\d+)*)?\.\d+(?:_\d+)*|\d+(?:_\d+)*\.?)(?:[eE][+-]?\d+)?$/;
const SPECIAL = /^([+-]?)(inf|infinity|nan)$/i;

/** What `float(value)` of Python gives; null where it gives none. Of what is missing it is an error. */
export function floatOf(value: Value): number | null {
  if (value === undefined) throw new Failure("what is missing is no number");
  if (isNumber(value)) return numeric(value);
  if (typeof value !== "string") return null;
  const text = value.trim();
  if (FLOAT_TEXT.test(text)) return Number(text.replaceAll("_", ""));
  const special = SPECIAL.exec(text);
  if (special === null) return null;
  if (special[2].toLowerCase() === "nan") return NaN;
  return special[1] === "-" ? -Infinity : Infinity;
}

/** What `int(value, base)` gives; texts with a fraction are cut, as Jinja's filter does. */
export function intOf(value: Value, base = 10): number | null {
  if (typeof value === "string") {
    const whole = wholeOf(value.trim().replaceAll("_", ""), base);
    if (whole !== null) return whole;
  }
  const number = floatOf(value);
  return number === null || !Number.isFinite(number) ? null : Math.trunc(number);
}

const PREFIXES = new Map([[16, "0x"], [8, "0o"], [2, "0b"]]);
const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz";

function wholeOf(text: string, base: number): number | null {
  if (base < 2 || base > 36 || text.length > 300) return null;
  const sign = text.startsWith("-") ? -1 : 1;
  let digits = text.replace(/^[+-]/, "").toLowerCase();
  const prefix = PREFIXES.get(base);
  if (prefix !== undefined && digits.startsWith(prefix)) digits = digits.slice(2);
  if (digits === "") return null;
  const allowed = DIGITS.slice(0, base);
  for (const digit of digits) if (!allowed.includes(digit)) return null;
  return sign * parseInt(digits, base);
}

/** Rounds as Python does: by the exact value, and to the even neighbour where two are as near. */
export function roundTo(value: number, digits: number): number {
  if (!Number.isFinite(value) || digits > 22) return value;
  if (digits < 0) {
    const unit = 10 ** Math.min(-digits, 300);
    return roundTo(value / unit, 0) * unit;
  }
  const size = Math.abs(value);
  if (size >= 1e21) return value;
  const rounded = size.toFixed(digits);
  // `toFixed` is exact and takes the larger one of two that are as near.
  const even = isTie(size, digits) && isOdd(rounded) ? before(rounded, digits) : Number(rounded);
  return value < 0 ? -even : even;
}

function isTie(size: number, digits: number): boolean {
  const exact = size.toFixed(Math.min(100, digits + 30));
  const point = exact.indexOf(".");
  return /^50*$/.test(exact.slice(point + 1 + digits));
}

function isOdd(rounded: string): boolean {
  return Number(rounded.at(-1)) % 2 === 1;
}

function before(rounded: string, digits: number): number {
  return Number((Number(rounded) - 10 ** -digits).toFixed(digits));
}

/** What an operator makes of two values. */
export function arithmetic(op: string, left: Value, right: Value): Value {
  if (left === undefined || right === undefined) {
    throw new Failure("it calculates with what is missing");
  }
  if (!isNumber(left) || !isNumber(right)) {
    throw new Failure(`${op} needs two numbers`);
  }
  const [a, b] = [numeric(left), numeric(right)];
  const floats = isFloat(left) || isFloat(right);
  if (op === "**") return power(a, b, floats);
  if ((op === "/" || op === "//" || op === "%") && b === 0) throw new Failure("it divides by zero");
  if (op === "/") return float(a / b);
  return floats ? float(calculated(op, a, b)) : whole(calculated(op, a, b));
}

function calculated(op: string, a: number, b: number): number {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "//":
      return Math.floor(a / b);
    default: {
      const rest = a % b;
      return rest !== 0 && (rest < 0) !== (b < 0) ? rest + b : rest;
    }
  }
}

function power(a: number, b: number, floats: boolean): number | Float {
  const value = a ** b;
  if (Number.isNaN(value) && !Number.isNaN(a) && !Number.isNaN(b)) {
    throw new Failure("the power is no real number");
  }
  if (a === 0 && b < 0) throw new Failure("it divides by zero");
  return floats || b < 0 ? float(value) : whole(value);
}

/** Whole numbers have no end in Python; here they must be some that a float can hold. */
export function whole(value: number): number {
  if (!Number.isFinite(value)) throw new Failure("a number becomes too large");
  return Object.is(value, -0) ? 0 : value;
}
