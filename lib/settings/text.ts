/** Values of settings as text: what people type and read, on the command line and in forms. */
import type { SettingView } from "./setting.ts";

/** The parts of JSON Schema that settings use. */
export interface ValueSchema {
  type?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  enum?: readonly string[];
  /** Of each item of a list. */
  items?: ValueSchema;
}

/** A typed text as the type that a setting wants; what cannot be one stays text, for the schema to refuse. */
export function valueOfText(schema: ValueSchema, text: string): unknown {
  switch (schema.type) {
    case "boolean": {
      const word = text.trim().toLowerCase();
      return word === "on" || word === "true"
        ? true
        : word === "off" || word === "false"
        ? false
        : text;
    }
    case "integer":
    case "number":
      return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
    case "array":
      return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
    default:
      return text;
  }
}

/** A setting's value as people read it: `30 days`, `on`; of a secret only whether it is set. */
export function textOf(
  view: Pick<SettingView, "secret" | "changed" | "unit">,
  value: unknown,
): string {
  if (view.secret) return view.changed ? "set" : "not set";
  const text = typedText(value);
  return text === "" ? "(empty)" : view.unit ? `${text} ${view.unit}` : text;
}

/** A value as it is typed: what `valueOfText` reads back. */
export function typedText(value: unknown): string {
  if (typeof value === "boolean") return value ? "on" : "off";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/** What a schema allows, to follow "give": `a whole number from 0 to 365`. */
export function allowedBy(schema: ValueSchema): string {
  const { type, minimum, maximum, maxLength, enum: words, items } = schema;
  if (words !== undefined) return words.join(", ");
  switch (type) {
    case "boolean":
      return "on or off";
    case "integer":
    case "number": {
      const kind = type === "integer" ? "a whole number" : "a number";
      return minimum === undefined || maximum === undefined
        ? kind
        : `${kind} from ${minimum} to ${maximum}`;
    }
    case "array":
      return `a list with commas between, of each ${allowedBy(items ?? {})}`;
    default:
      return maxLength === undefined ? "a text" : `a text of at most ${maxLength} characters`;
  }
}
