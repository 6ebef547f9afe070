/** What an admin sets of something that can be told. */
import type { VNode } from "preact";
import type { MqttWay, Target } from "../../lib/commands/target.ts";
import { Field, FormError, SeenField, TextArea } from "../frame/form.tsx";
import type { SentForm } from "../frame/form_action.ts";
import { ConditionFields, conditionOfForm, formOfCondition } from "./condition_fields.tsx";
import { type CommandPageParts, PAGE } from "./page_parts.tsx";

type Values = Readonly<Record<string, string>>;

/** A form's texts as the patch that the schema is to check. */
export function patchOfForm(target: Target, values: Values): unknown {
  const number = (name: string, empty: unknown) => {
    const text = values[name]?.trim() ?? "";
    return text === "" ? empty : Number.isNaN(Number(text)) ? text : Number(text);
  };
  const isNumber = target.spec.kind === "number";
  return {
    name: values.name ?? "",
    settings: {
      enabled: values.enabled === "on",
      dangerous: values.dangerous === "on",
      ...(isNumber ? { min: number("min", null), max: number("max", null) } : {}),
      confirm_s: number("confirm_s", undefined),
      min_interval_s: number("min_interval_s", undefined),
      per_hour: number("per_hour", undefined),
      only_while: conditionOfForm(values, "only_while"),
    },
    ...(target.entityUid === null
      ? {
        way: {
          topic: values.topic ?? "",
          payload: values.payload ?? "",
          on: values.on ?? "",
          off: values.off ?? "",
          qos: (target.spec.way.to as MqttWay).qos,
        },
      }
      : {}),
  };
}

function formOf(parts: CommandPageParts, target: Target): Record<string, string> {
  const { settings, name, spec } = target;
  const way = spec.way.to as Partial<MqttWay>;
  return {
    name,
    ...(settings.enabled ? { enabled: "on" } : {}),
    ...(settings.dangerous ? { dangerous: "on" } : {}),
    min: settings.min === null ? "" : String(settings.min),
    max: settings.max === null ? "" : String(settings.max),
    confirm_s: String(settings.confirm_s),
    min_interval_s: String(settings.min_interval_s),
    per_hour: String(settings.per_hour),
    ...formOfCondition(settings.only_while, "only_while", parts.sensors),
    ...{ topic: way.topic ?? "", payload: way.payload ?? "" },
    ...{ on: way.on ?? "", off: way.off ?? "" },
  };
}

export function SettingsForm(
  { parts, target, sent }: { parts: CommandPageParts; target: Target; sent: SentForm },
): VNode {
  const { errors } = sent;
  const isSent = Object.keys(errors).length > 0;
  const values = isSent ? sent.values : formOf(parts, target);
  const first = Object.entries(errors)[0];
  const field = (name: string, label: string, help: string, at = `settings.${name}`) => (
    <Field
      name={name}
      label={label}
      help={help}
      value={values[name]}
      error={errors[at]}
      required={false}
      autocomplete="off"
    />
  );
  return (
    <details class="card more-form" open={isSent}>
      <summary>Settings</summary>
      <form method="post" action={`${PAGE}/${target.id}/settings`} class="rule-form">
        <SeenField />
        <FormError>{first && (errors.form ?? `${first[0]}: ${first[1]}`)}</FormError>
        {field("name", "Name", "What people call it", "name")}
        <label class="tick">
          <input type="checkbox" name="enabled" checked={values.enabled === "on"} /> In use
        </label>
        <label class="tick">
          <input type="checkbox" name="dangerous" checked={values.dangerous === "on"} />{" "}
          Dangerous: people confirm each order, and no rule gives one
        </label>
        <div class="fields">
          {target.spec.kind === "number" && (
            <>
              {field("min", "Lowest", "Narrower than the device's own; empty: as the device says")}
              {field("max", "Highest", "Narrower than the device's own; empty: as the device says")}
            </>
          )}
          {field(
            "confirm_s",
            "Confirmed within, s",
            "How long its state may take to show an order",
          )}
          {field("min_interval_s", "Seconds between orders", "At least")}
          {field("per_hour", "Orders an hour", "At most, by people and rules together")}
        </div>
        <ConditionFields
          prefix="only_while"
          at="settings.only_while"
          title="Only while"
          {...{ values, errors }}
        />
        {target.entityUid === null && (
          <>
            {field("topic", "Topic", "Where an order is published", "way.topic")}
            <TextArea
              name="payload"
              label="Payload"
              help="{value} stands for the value"
              value={values.payload}
              error={errors["way.payload"]}
              rows={2}
            />
            {target.spec.kind === "switch" && (
              <div class="fields">
                {field("on", "Word for on", "As the device wants it", "way.on")}
                {field("off", "Word for off", "As the device wants it", "way.off")}
              </div>
            )}
          </>
        )}
        <div class="buttons">
          <button type="submit" class="primary">Save</button>
        </div>
      </form>
    </details>
  );
}
