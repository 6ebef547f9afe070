/** The form by which an admin sets up what a device can be told, and what it stands for. */
import type { VNode } from "preact";
import type { SentForm } from "../frame/form_action.ts";
import { Field, FormError, Select } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import { PAGE } from "./page_parts.tsx";

const KINDS = [
  ["switch", "Switch"],
  ["number", "Number"],
  ["select", "Choice"],
  ["button", "Button"],
] as const;

/** What is left empty is left out. */
export function targetOfForm(values: Readonly<Record<string, string>>): unknown {
  const text = (name: string) => values[name]?.trim() || undefined;
  const number = (name: string) => {
    const given = text(name);
    return given === undefined || Number.isNaN(Number(given)) ? given : Number(given);
  };
  return {
    ...{ name: values.name ?? "", kind: values.kind },
    ...{ sensor: text("sensor") ?? null, machine: text("machine") ?? null },
    ...{ min: number("min"), max: number("max"), step: number("step") },
    options: text("options")?.split(",").map((part) => part.trim()).filter((part) => part !== ""),
    way: {
      topic: values.topic ?? "",
      payload: text("payload"),
      on: text("on"),
      off: text("off"),
      qos: values.qos === "0" ? 0 : 1,
    },
  };
}

export function SetUpForm({ sent: { values, errors } }: { sent: SentForm }): VNode {
  const first = Object.entries(errors)[0];
  const field = (name: string, label: string, help: string, error = errors[name]) => (
    <Field
      name={name}
      label={label}
      help={help}
      value={values[name]}
      error={error}
      required={name === "name" || name === "topic"}
      autocomplete="off"
    />
  );
  return (
    <details class="card more-form" id="new" open={first !== undefined}>
      <summary>Set up a control by MQTT</summary>
      <form method="post" action={`${PAGE}/new`} class="rule-form">
        <FormError>{first && (errors.form ?? `${first[0]}: ${first[1]}`)}</FormError>
        <div class="fields">
          {field("name", "Name", "What people call it")}
          <Select
            name="kind"
            label="Kind"
            options={KINDS}
            value={values.kind}
            error={errors.kind}
          />
          <Picker
            kinds={["sensor"]}
            name="sensor"
            label="Sensor"
            help="Shows its state. Without one no order is ever confirmed"
            value={values.sensor}
            error={errors.sensor}
            required={false}
          />
          <Picker
            kinds={["machine"]}
            name="machine"
            label="Machine"
            help="Where there is no sensor"
            value={values.machine}
            error={errors.machine}
            required={false}
          />
          {field(
            "topic",
            "Topic",
            "Where the order is published, such as cmnd/lamp/POWER",
            errors["way.topic"],
          )}
          {field(
            "payload",
            "Payload",
            "{value} stands for the value; empty: the value alone",
            errors["way.payload"],
          )}
          {field("on", "Word for on", "Of a switch; empty: ON")}
          {field("off", "Word for off", "Of a switch; empty: OFF")}
          {field("min", "Lowest", "Of a number")}
          {field("max", "Highest", "Of a number")}
          {field("step", "Step", "Of a number; empty: any")}
          {field("options", "Options", "Of a choice, with commas between them")}
          <Select
            name="qos"
            label="Quality of service"
            options={[["1", "1, the broker acknowledges"], ["0", "0, not acknowledged"]]}
            value={values.qos}
          />
        </div>
        <div class="buttons">
          <button type="submit" class="primary">Set it up</button>
        </div>
      </form>
    </details>
  );
}
