import type { Given } from "./budget.ts";
import { capitalized, replaced, titled } from "./filters.ts";
import { listOf } from "./functions.ts";
import { momentText, textOf } from "./text.ts";
import {
  entriesOf,
  equal,
  Failure,
  float,
  hasKey,
  isDict,
  isNumber,
  item,
  Moment,
  numeric,
  type Value,
} from "./values.ts";

/** `value.split(',')`: what it is asked of, and its arguments. */
type Method = (of: Value, given: Given) => Value;

function ofText(method: (text: string, given: Given) => Value): Method {
  return (of, given) => {
    if (typeof of !== "string") throw new Failure("only a text has this method");
    given.budget.long(of.length);
    return method(of, given);
  };
}

const split: Method = ofText((text, given) => {
  const by = given.get(0, "sep", null);
  const most = given.get(1, "maxsplit", -1);
  const limit = isNumber(most) && numeric(most) >= 0 ? numeric(most) : Infinity;
  if (by === null) return given.budget.value(words(text, limit));
  if (typeof by !== "string" || by === "") throw new Failure("a text is split by a text");
  const parts = text.split(by);
  if (parts.length - 1 <= limit) return given.budget.value(parts);
  return [...parts.slice(0, limit), parts.slice(limit).join(by)];
});

function words(text: string, limit: number): string[] {
  const all = text.trim().split(/\s+/);
  if (text.trim() === "") return [];
  if (all.length - 1 <= limit) return all;
  let rest = text.trimStart();
  for (let n = 0; n < limit; n++) rest = rest.slice(/\S+\s*/.exec(rest)?.[0].length ?? 0);
  return [...all.slice(0, limit), rest.trimEnd()];
}

const replace: Method = ofText((text, given) =>
  replaced(given, text, given.text(0, "old"), given.text(1, "new"), given.get(2, "count"))
);

/** `strip`, `lstrip`, `rstrip`: blanks, or the characters that are given. */
function strip(sides: "both" | "left" | "right"): Method {
  return ofText((text, given) => {
    const signs = given.get(0, "chars", null);
    const isOne = (sign: string) =>
      typeof signs === "string" ? signs.includes(sign) : /\s/.test(sign);
    let [from, to] = [0, text.length];
    while (sides !== "right" && from < to && isOne(text[from])) from++;
    while (sides !== "left" && to > from && isOne(text[to - 1])) to--;
    return text.slice(from, to);
  });
}

function affix(is: (text: string, part: string) => boolean): Method {
  return ofText((text, given) => {
    const part = given.get(0, "part");
    const parts = Array.isArray(part) ? part : [part];
    return parts.some((one) => typeof one === "string" && is(text, one));
  });
}

const get: Method = (of, given) => {
  if (!isDict(of)) throw new Failure("only a dict has .get()");
  const key = given.get(0, "key");
  return hasKey(of, key) ? item(of, key) : given.get(1, "default", null);
};

function ofDict(part: (entry: [Value, Value]) => Value): Method {
  return (of, { budget }) => {
    if (!isDict(of)) throw new Failure("only a dict has this method");
    return budget.value(entriesOf(of).map(part));
  };
}

const count: Method = (of, given) => {
  const what = given.get(0, "value");
  if (typeof of === "string") return of.split(textOf(what)).length - 1;
  if (Array.isArray(of)) return of.filter((one) => equal(one, what)).length;
  throw new Failure("only texts and lists have .count()");
};

const join: Method = ofText((text, given) => {
  const items = listOf(given.get(0, "items"));
  let length = 0;
  for (const one of items) {
    if (typeof one !== "string") throw new Failure(".join() needs texts");
    length += one.length + text.length;
  }
  given.budget.long(length);
  return items.join(text);
});

const find: Method = ofText((text, given) => text.indexOf(given.text(0, "sub")));

function ofMoment(method: (moment: Moment) => Value): Method {
  return (of) => {
    if (!(of instanceof Moment)) throw new Failure("only a time has this method");
    return method(of);
  };
}

export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["split", split],
  ["replace", replace],
  ["strip", strip("both")],
  ["lstrip", strip("left")],
  ["rstrip", strip("right")],
  ["lower", ofText((text) => text.toLowerCase())],
  ["upper", ofText((text) => text.toUpperCase())],
  ["title", ofText(titled)],
  ["capitalize", ofText(capitalized)],
  ["startswith", affix((text, part) => text.startsWith(part))],
  ["endswith", affix((text, part) => text.endsWith(part))],
  ["isdigit", ofText((text) => /^\p{Nd}+$/u.test(text))],
  ["isnumeric", ofText((text) => /^\p{N}+$/u.test(text))],
  ["find", find],
  ["count", count],
  ["join", join],
  ["get", get],
  ["keys", ofDict(([key]) => key)],
  ["values", ofDict(([, value]) => value)],
  ["items", ofDict((entry) => entry)],
  ["isoformat", ofMoment((moment) => momentText(moment, "T"))],
  ["timestamp", ofMoment((moment) => float(moment.utcMs / 1000))],
]);
