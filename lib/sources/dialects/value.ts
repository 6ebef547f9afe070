import { isUnit } from "../../machines/units.ts";
import { type Fault, shown, TEXT_CHARS_MOST } from "./dialect.ts";

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const ON = /^(?:on|true|open)$/i;
const OFF = /^(?:off|false|closed)$/i;
/** What devices send when they have no value. (`none` and `unknown` are states as well: the registry knows.) */
const NO_VALUE =
  /^(?:[+-]?nan(?:\(.*\))?|[+-]?inf(?:inity)?|[+-]?1\.#.*|null|undefined|unavailable|#?n\/a|-+)$/i;
const DECIMAL_COMMA = /^[+-]?(?:\d+|\d{1,3}(?:[.\s'\u2019]\d{3})+),\d+$/;
const HEXADECIMAL = /^[+-]?0x[\da-f]{1,8}$/i;
const WITH_MORE = /^[+-]?(?<digits>\d+\.?\d*|\.\d+)(?<gap>\s*)(?<rest>[^\d\s].*)$/;
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** A value, or why there is none. `word`: that for on or off as it was sent. */
export type ValueOrFault = { value: number | boolean | string; word?: string } | Fault;

/** A decimal number, or NaN when the text is none; text beyond float64 becomes infinite. */
export function numberOf(text: string): number {
  return NUMBER.test(text) ? Number(text) : NaN;
}

/** On/off for `on`, `true`, `open` and `off`, `false`, `closed` in any case, else null. */
export function onOffOf(text: string): boolean | null {
  if (ON.test(text)) return true;
  return OFF.test(text) ? false : null;
}

/**
 * A text that names a state. It is cut at `TEXT_CHARS_MOST` characters, and characters that cannot be shown become
 * blanks; `exact` also takes texts that look like a number with a unit or a decimal comma.
 */
export function stateOf(text: string, exact = false): { value: string } | Fault {
  if (text.trim() === "") return { code: "no_value", message: "the value is empty" };
  if (NO_VALUE.test(text)) return { code: "no_value", message: `${shown(text)} is no value` };
  const number = exact ? null : unusableNumber(text);
  if (number !== null) return { code: "bad_value", message: `${shown(text)} ${number}` };
  const value = text.replace(CONTROL, " ").toWellFormed();
  if (value.length <= TEXT_CHARS_MOST) return { value };
  return { value: `${value.slice(0, TEXT_CHARS_MOST - 1).toWellFormed()}…` };
}

/** What a text lacks that was meant as a number; null when it is a text. */
function unusableNumber(text: string): string | null {
  if (DECIMAL_COMMA.test(text)) return "has a decimal comma; a number has a point";
  if (HEXADECIMAL.test(text)) return "is hexadecimal; a number is decimal";
  const { digits, gap, rest } = WITH_MORE.exec(text)?.groups ?? {};
  if (rest === undefined) return null;
  // `5A` may be a name; `5 A` and `5.0A` are amperes.
  const apart = gap !== "" || digits.includes(".");
  const hasUnit = /^(?:%|‰|°\s?[CFK]?$)/.test(rest) || (apart && isUnit(rest));
  return hasUnit ? "has its unit with it; a number stands alone" : null;
}

/** What a text means: a number, on/off, or a state. */
export function textValue(text: string): ValueOrFault {
  const trimmed = text.trim();
  const number = numberOf(trimmed);
  if (!Number.isNaN(number)) return finite(number, trimmed);
  const onOff = onOffOf(trimmed);
  return onOff === null ? stateOf(trimmed) : { value: onOff, word: trimmed };
}

/** What a JSON leaf means. Texts mean what they would as a plain payload. */
export function jsonValue(json: unknown): ValueOrFault {
  if (typeof json === "number") return finite(json, json);
  if (typeof json === "boolean") return { value: json };
  if (typeof json === "string") return textValue(json);
  if (json === null) return { code: "no_value", message: "there is no value" };
  return {
    code: "bad_value",
    message: `a value is a number, true, false or a short text, not ${shown(json)}`,
  };
}

function finite(value: number, written: unknown): ValueOrFault {
  if (Number.isFinite(value)) return { value };
  // JSON.parse turns 1e999 into Infinity without a word.
  const what = typeof written === "string" ? written : "the number";
  return { code: "bad_value", message: `${what} is outside the range of float64` };
}
