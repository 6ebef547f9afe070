import { type Fault, shown, TEXT_CHARS_MOST } from "./dialect.ts";

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const ON = /^(?:on|true|open)$/i;
const OFF = /^(?:off|false|closed)$/i;
const NO_VALUE = /^(?:[+-]?nan|[+-]?inf(?:inity)?|null|none|undefined|unavailable|unknown)$/i;
const BEGINS_LIKE_NUMBER = /^[+-]?\.?\d/;
// deno-lint-ignore no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** A value, or why there is none. */
export type ValueOrFault = { value: number | boolean | string } | Fault;

/** A decimal number, or NaN when the text is none; text beyond float64 becomes infinite. */
export function numberOf(text: string): number {
  return NUMBER.test(text) ? Number(text) : NaN;
}

/** On/off for `on`, `true`, `open` and `off`, `false`, `closed` in any case, else null. */
export function onOffOf(text: string): boolean | null {
  if (ON.test(text)) return true;
  return OFF.test(text) ? false : null;
}

/** A short text that names a state; `exact` also takes texts that begin like a number. */
export function stateOf(text: string, exact = false): ValueOrFault {
  if (text === "") return { code: "bad_value", message: "the value is empty" };
  if (NO_VALUE.test(text)) {
    return { code: "bad_value", message: `${shown(text)} is no value` };
  }
  if (!exact && BEGINS_LIKE_NUMBER.test(text)) {
    return { code: "bad_value", message: `${shown(text)} begins like a number but is none` };
  }
  if (text.length > TEXT_CHARS_MOST) {
    return {
      code: "bad_value",
      message: `a text state has at most ${TEXT_CHARS_MOST} characters, not ${text.length}`,
    };
  }
  if (CONTROL.test(text)) {
    return { code: "bad_value", message: "a text state has no control characters" };
  }
  if (!text.isWellFormed()) {
    return { code: "bad_encoding", message: "the text is not valid Unicode" };
  }
  return { value: text };
}

/** What a text means: a number, on/off, or a state. */
export function textValue(text: string): ValueOrFault {
  const trimmed = text.trim();
  const number = numberOf(trimmed);
  if (!Number.isNaN(number)) return finite(number, trimmed);
  const onOff = onOffOf(trimmed);
  return onOff === null ? stateOf(trimmed) : { value: onOff };
}

/** What a JSON leaf means. Texts mean what they would as a plain payload. */
export function jsonValue(json: unknown): ValueOrFault {
  if (typeof json === "number") return finite(json, json);
  if (typeof json === "boolean") return { value: json };
  if (typeof json === "string") return textValue(json);
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
