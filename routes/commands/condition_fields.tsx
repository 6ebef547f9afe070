/** A condition on a sensor as fields of a form. */
import type { VNode } from "preact";
import type { Condition } from "../../lib/commands/condition.ts";
import type { SensorDirectory } from "../../lib/machines/sensor.ts";
import { Field, Select } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";

type Values = Readonly<Record<string, string>>;

const KINDS = [
  ["", "no condition"],
  ["above", "is above"],
  ["below", "is below"],
  ["on", "is on"],
  ["off", "is off"],
  ["text", "is the text"],
] as const;

/** Null when nothing is chosen; what is wrong is left to the schema. */
export function conditionOfForm(values: Values, prefix: string): unknown {
  const is = values[`${prefix}.is`] ?? "";
  if (is === "") return null;
  const sensor = values[`${prefix}.sensor`]?.trim() ?? "";
  if (is === "on" || is === "off") return { is, sensor };
  const value = values[`${prefix}.value`]?.trim() ?? "";
  if (is === "text") return { is, sensor, text: value };
  const back = values[`${prefix}.hysteresis`]?.trim() || "0";
  return { is, sensor, value: numberOr(value), hysteresis: numberOr(back) };
}

const numberOr = (text: string) => text === "" || Number.isNaN(Number(text)) ? text : Number(text);

export function formOfCondition(
  condition: Condition | null,
  prefix: string,
  sensors: SensorDirectory,
): Record<string, string> {
  if (condition === null) return {};
  const name = sensors.find(condition.sensor)?.name ?? condition.sensor;
  const value = condition.is === "text"
    ? condition.text
    : "value" in condition
    ? String(condition.value)
    : "";
  return {
    [`${prefix}.is`]: condition.is,
    [`${prefix}.sensor`]: name,
    [`${prefix}.value`]: value,
    ...("hysteresis" in condition
      ? { [`${prefix}.hysteresis`]: String(condition.hysteresis) }
      : {}),
  };
}

export function ConditionFields(
  { prefix, at = prefix, title, values, errors }: {
    prefix: string;
    /** Where the errors of the schema stand. */
    at?: string;
    title: string;
    values: Values;
    errors: Values;
  },
): VNode {
  const field = (name: string, label: string, help: string) => (
    <Field
      name={`${prefix}.${name}`}
      label={label}
      help={help}
      value={values[`${prefix}.${name}`]}
      error={errors[`${at}.${name}`] ?? (name === "value" ? errors[`${at}.text`] : undefined)}
      required={false}
      autocomplete="off"
    />
  );
  return (
    <fieldset class="condition">
      <legend>{title}</legend>
      <div class="fields">
        <Picker
          kinds={["sensor"]}
          name={`${prefix}.sensor`}
          label="Sensor"
          value={values[`${prefix}.sensor`]}
          error={errors[`${at}.sensor`]}
          required={false}
        />
        <Select
          name={`${prefix}.is`}
          label="Condition"
          options={KINDS}
          value={values[`${prefix}.is`]}
          error={errors[`${at}.is`] ?? errors[at]}
        />
        {field("value", "Value or text", "For above, below and the text")}
        {field("hysteresis", "Hysteresis", "How far back until it no longer holds; empty: 0")}
      </div>
    </fieldset>
  );
}
