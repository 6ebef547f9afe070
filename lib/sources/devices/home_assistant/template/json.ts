import type { Budget } from "./budget.ts";
import { textOf } from "./text.ts";
import { entriesOf, Failure, Float, isDict, LONG_MOST, Moment, type Value } from "./values.ts";

/** JSON as Python's `json.dumps` writes it (`spaced`), or without blanks. */
export function jsonText(value: Value, form: "spaced" | "tight", budget: Budget): string {
  const [comma, colon] = form === "spaced" ? [", ", ": "] : [",", ":"];
  const write = (one: Value, depth: number): string => {
    budget.spend();
    if (depth > 20) throw new Failure("what is written as JSON is nested too deeply");
    if (one === undefined || one instanceof Moment) throw new Failure("it is nothing in JSON");
    if (typeof one === "string") return escaped(budget.value(one), form);
    if (one === null || typeof one === "boolean") return String(one);
    if (typeof one === "number" || one instanceof Float) return textOf(one);
    if (Array.isArray(one)) return `[${one.map((item) => write(item, depth + 1)).join(comma)}]`;
    if (!isDict(one)) throw new Failure("it is nothing in JSON");
    const items = entriesOf(one);
    // Python's filter puts the keys in order.
    if (form === "spaced") items.sort(([a], [b]) => textOf(a) < textOf(b) ? -1 : 1);
    const entries = items.map(([key, item]) =>
      `${escaped(textOf(key), form)}${colon}${write(item, depth + 1)}`
    );
    return `{${entries.join(comma)}}`;
  };
  return budget.value(write(value, 0));
}

/** Jinja's filter also writes what means something in HTML as codes, and what is not ASCII. */
function escaped(text: string, form: "spaced" | "tight"): string {
  const json = JSON.stringify(text);
  if (form === "tight") return json;
  return json.replace(
    /[<>&'\u007f-\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export function parsedJson(text: string): Value {
  if (text.length > LONG_MOST) throw new Failure("the JSON is too long");
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure("from_json was given no JSON");
  }
}
