import type { VNode } from "preact";
import type { OptionField } from "../../lib/base/options.ts";
import { FormError } from "./form.tsx";

/** Before the names of inputs, so that they are no other field's. */
export type OptionPrefix = "option" | "setting";

type Schema = {
  type?: string;
  enum?: string[];
  items?: { type?: string };
  minimum?: number;
  maximum?: number;
  format?: string;
  examples?: string[];
};

/** Name of an option's input in a form. */
export function inputName(option: string, prefix: OptionPrefix = "option"): string {
  return `${prefix}.${option}`;
}

/**
 * A form's texts as the options that a channel or a camera wants: numbers, lists and yes or no as such. What is left
 * empty is left out; a secret that is left empty stays as it was.
 */
export function optionsOfForm(
  fields: readonly OptionField[],
  values: Readonly<Record<string, string>>,
  prefix?: OptionPrefix,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const { name, schema } of fields) {
    const text = values[inputName(name, prefix)]?.trim() ?? "";
    const { type } = schema as Schema;
    if (type === "boolean") out[name] = text === "on";
    else if (text === "") continue;
    else if (type === "array") out[name] = text.split(/[\s,;]+/).filter((part) => part !== "");
    else if (type === "integer" || type === "number") {
      out[name] = Number.isNaN(Number(text)) ? text : Number(text);
    } else out[name] = text;
  }
  return out;
}

/** Of a secret that is set. */
const KEEPS = "set; leave empty to keep it";
const LINES = 4;

/** One option of a channel or a camera as a labelled input. `value` is what is stored or was typed. */
export function OptionInput(
  { field, value, error, id, prefix }: {
    field: OptionField;
    value: unknown;
    error?: string;
    id: string;
    prefix?: OptionPrefix;
  },
): VNode {
  const { name, title, help, secret, required, schema } = field;
  const { type, enum: choices, format, examples } = schema as Schema;
  const attributes = {
    id,
    name: inputName(name, prefix),
    "aria-describedby": help === "" ? undefined : `${id}-help`,
    "aria-invalid": error ? "true" as const : undefined,
  };
  const shown = value ?? field.default;
  const text = shown === null || shown === undefined
    ? ""
    : Array.isArray(shown)
    ? shown.join(", ")
    : String(shown);
  const isSet = secret && value !== undefined && value !== null && value !== "";
  return (
    <div class="field">
      <label for={id}>{title}</label>
      {choices
        ? (
          <select {...attributes}>
            {choices.map((choice) => (
              <option key={choice} value={choice} selected={choice === text}>{choice}</option>
            ))}
          </select>
        )
        : type === "boolean"
        ? (
          <select {...attributes}>
            <option value="off" selected={text !== "true"}>no</option>
            <option value="on" selected={text === "true"}>yes</option>
          </select>
        )
        : format === "lines"
        ? (
          <textarea
            {...attributes}
            rows={LINES}
            spellcheck={false}
            placeholder={isSet ? KEEPS : examples?.[0] ?? ""}
          >
            {secret ? "" : text}
          </textarea>
        )
        : secret
        ? (
          <input
            {...attributes}
            type="password"
            autocomplete="new-password"
            placeholder={isSet ? KEEPS : required ? "" : "not set"}
          />
        )
        : <input {...attributes} type="text" autocomplete="off" value={text} />}
      {help !== "" && <p class="help" id={`${id}-help`}>{help}</p>}
      <FormError>{error}</FormError>
    </div>
  );
}
