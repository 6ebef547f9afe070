import { weightFault } from "../../dialects/weight.ts";
import { parseJson } from "../../dialects/loose_json.ts";
import { Float, type Value } from "./template/values.ts";

/** Largest state that is read. */
export const STATE_BYTES_MOST = 1024 * 1024;
/** Steps of templates for one message, whoever reads it. */
const STEPS_MOST = 50_000;
const JSON_VALUES_MOST = 60_000;
/** A number of JSON that Python would take for a float although it has no fraction. */
const WHOLE_FLOAT = /\d\.0+(?!\d)|\d[eE]/;
const PYTHONS = new Map([["latin-1", "latin1"], ["cp1252", "windows-1252"], [
  "utf-8-sig",
  "utf-8",
]]);
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A message, read as often as it is asked for, and parsed once. */
export class Content {
  #text: string | null | undefined;
  #json: { value: Value } | null | undefined;
  #exact: { value: Value } | null | undefined;

  /** Steps of all templates that read it. */
  readonly pool = { left: STEPS_MOST };
  readonly #payload: Uint8Array;

  constructor(payload: Uint8Array) {
    // Programs in C send a text with its end.
    let end = payload.length;
    while (end > 0 && payload[end - 1] === 0) end--;
    this.#payload = end === payload.length ? payload : payload.subarray(0, end);
  }

  get isEmpty(): boolean {
    return this.#payload.length === 0;
  }

  /** Null: it is no UTF-8. */
  get text(): string | null {
    if (this.#text === undefined) this.#text = decoded(utf8, this.#payload);
    return this.#text;
  }

  /** The text in another encoding; one that is not known is taken for UTF-8. */
  textIn(encoding: string | undefined): string | null {
    if (encoding === undefined) return this.text;
    try {
      return decoded(new TextDecoder(labelOf(encoding), { fatal: true }), this.#payload);
    } catch {
      return this.text;
    }
  }

  /** Undefined: it is no JSON. Numbers without a fraction are whole. */
  get json(): Value {
    if (this.#json === undefined) this.#json = parsed(this.text);
    return this.#json?.value;
  }

  /** The same for templates: `21.0` is a float, and prints as one. */
  get exact(): Value {
    if (this.#exact === undefined) {
      const { text } = this;
      const needed = text !== null && WHOLE_FLOAT.test(text) && this.json !== undefined;
      this.#exact = needed ? { value: withFloats(text) } : { value: this.json };
    }
    return this.#exact?.value;
  }
}

/** Python's name of an encoding as the web has it. */
function labelOf(encoding: string): string {
  const name = encoding.replaceAll("_", "-");
  return PYTHONS.get(name) ?? name;
}

function decoded(decoder: TextDecoder, payload: Uint8Array): string | null {
  try {
    return decoder.decode(payload);
  } catch {
    return null;
  }
}

export function parsed(text: string | null): { value: Value } | null {
  if (text === null || weightFault(text, JSON_VALUES_MOST) !== null) return null;
  try {
    return { value: parseJson(text) as Value };
  } catch {
    return null;
  }
}

function withFloats(text: string): Value {
  const revive = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && Number.isInteger(value) && /[.eE]/.test(context?.source ?? "")
      ? new Float(value)
      : value;
  try {
    return JSON.parse(text, revive) as Value;
  } catch {
    // It was read loosely: as it is then.
    return parsed(text)?.value;
  }
}
