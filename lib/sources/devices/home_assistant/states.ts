import type { Reject } from "../../../readings/reading.ts";
import { isFault, shown } from "../../dialects/dialect.ts";
import { numberOf, stateOf } from "../../dialects/value.ts";
import { Content, parsed } from "./content.ts";
import type { Reading } from "./plan.ts";
import { momentOf } from "./template/moment.ts";
import { readTemplate, type Template } from "./template/template.ts";
import { isJson, item, type Value } from "./template/values.ts";

/** A template that gives its input. */
const AS_IT_IS = readTemplate("{{ value }}");

/** How an entity's state is read, its template read once. */
export interface StateReader extends Reading {
  compiled: Template | null;
}

/** What a message says of one entity. `note`: there is nothing, and that is worth counting. */
export type State =
  | { value: number | boolean | string; word?: string }
  | { note: string }
  | { reject: Reject }
  | null;

export function stateReader(reading: Reading): StateReader {
  const { template } = reading;
  return { ...reading, compiled: template === undefined ? null : readTemplate(template) };
}

/** Reads the state of an entity from a message of its topic. Never throws. */
export function readState(reader: StateReader, content: Content): State {
  const quick = quickNumber(reader, content);
  if (quick !== undefined) return { value: quick };
  const sent = content.textIn(reader.encoding);
  if (sent === null) {
    return { reject: { code: "bad_encoding", message: "the payload is not valid UTF-8" } };
  }
  const text = renderedState(reader, content, sent);
  if (typeof text !== "string") return text;
  const isText = reader.as === "text" || reader.as === "auto";
  const state = isText ? text.trim() : text;
  if (state.trim() === "") {
    return reader.compiled === null ? null : { note: "template gave nothing" };
  }
  return isNothing(reader, state.trim()) ? null : meant(reader, state);
}

/** Nine in ten templates name one number of the JSON: nothing has to be printed and read again. */
function quickNumber(
  { as, compiled, encoding }: StateReader,
  content: Content,
): number | undefined {
  if (as !== "number" || !compiled?.path || encoding !== undefined) return undefined;
  let value: Value = content.json;
  for (const key of compiled.path) {
    value = isJson(value) || Array.isArray(value) ? item(value, key) : undefined;
  }
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The text of a payload as a template gives it. */
export function renderedBy(template: Template | null, content: Content, sent: string) {
  const names = (name: string): Value =>
    name === "value"
      ? sent
      : name !== "value_json"
      ? undefined
      : sent === content.text
      ? content.exact
      : parsed(sent)?.value;
  return (template ?? AS_IT_IS).render(names, content.pool);
}

function renderedState({ compiled }: StateReader, content: Content, sent: string): string | State {
  if (compiled === null) return sent;
  if (compiled.unsupported !== null) return { note: "unsupported template" };
  const rendered = renderedBy(compiled, content, sent);
  return "text" in rendered ? rendered.text : { note: "template failed" };
}

const NOTHING = /^(?:none|unknown|unavailable|null|nan|[+-]?inf(?:inity)?|-nan)$/i;

/** Whether a state says that there is no value; what is listed as an option is one. */
function isNothing({ none, options, on, off }: StateReader, state: string): boolean {
  if (state === "None" || state === none) return true;
  if (!NOTHING.test(state)) return false;
  return options?.includes(state) !== true && state !== on && state !== off;
}

function meant(reader: StateReader, state: string): State {
  switch (reader.as) {
    case "number":
      return numberIn(state);
    case "binary":
      return onOff(reader, state);
    case "auto": {
      const number = numberOf(state);
      return Number.isFinite(number) ? { value: number } : word(state);
    }
    case "text":
      return textIn(reader, state);
  }
}

function numberIn(state: string): State {
  const number = numberOf(state.trim());
  if (Number.isFinite(number)) return { value: number };
  return refused(`${shown(state)} is no number`);
}

function onOff({ on = "ON", off = "OFF" }: StateReader, state: string): State {
  const isOn = state === on || (state !== off && isAlike(state, on));
  if (!isOn && !isAlike(state, off)) {
    return refused(
      `no matching payload: ${shown(state)} is neither ${shown(on)} nor ${shown(off)}`,
    );
  }
  return speaks(state) ? { value: isOn, word: state } : { value: isOn };
}

/** `true` of JSON prints as "True" and is what `true` in a configuration means; 1.0 is 1. */
export function isAlike(state: string, payload: string): boolean {
  if (state === payload) return true;
  const [a, b] = [state.trim().toLowerCase(), payload.trim().toLowerCase()];
  if (a === b && (a === "true" || a === "false")) return true;
  return a !== "" && Number(a) === Number(b);
}

/** Whether a payload is a word for people: `OPEN`, not `1` or `True`. */
function speaks(state: string): boolean {
  return /^\p{L}[\p{L} _-]{1,40}$/u.test(state) && !/^(?:true|false|on|off)$/i.test(state);
}

function textIn({ options, words, time }: StateReader, state: string): State {
  if (words !== undefined) {
    return Object.hasOwn(words, state)
      ? { value: words[state] }
      : refused(`no matching payload: ${shown(state)} is none of its states`);
  }
  if (options !== undefined && !options.includes(state)) {
    return refused(`${shown(state)} is none of its options`);
  }
  if (time !== undefined && momentOf(state) === null) {
    return refused(`${shown(state)} is no ${time === "date" ? "date" : "time"}`);
  }
  return word(state);
}

function word(state: string): State {
  const found = stateOf(state, true);
  if (!isFault(found)) return found;
  return found.code === "no_value" ? null : { reject: found };
}

function refused(message: string): State {
  return { reject: { code: "bad_value", message } };
}
