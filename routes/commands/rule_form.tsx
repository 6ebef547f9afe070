/** The form of a rule that gives orders, and what it stands for. */
import type { VNode } from "preact";
import { PERIODS, type Rule, type RuleSpec } from "../../lib/commands/rule.ts";
import { valueOfText } from "../../lib/commands/value.ts";
import { shortWeekday, WEEKDAYS } from "../../lib/words/names.ts";
import { Field, FormError, SeenField, Select } from "../frame/form.tsx";
import type { SentForm } from "../frame/form_action.ts";
import { ConditionFields, conditionOfForm, formOfCondition } from "./condition_fields.tsx";
import { type CommandPageParts, RULES } from "./page_parts.tsx";

type Values = Readonly<Record<string, string>>;

/** A list of more cannot be chosen from; the API takes all. */
const CHOICES_MOST = 500;
export const DRY_RUN_DAYS = 7;

/** A form's texts as the rule that the schema is to check. */
export function ruleOfForm(
  { commands }: Pick<CommandPageParts, "commands">,
  values: Values,
): unknown {
  const number = (name: string) => {
    const text = values[name]?.trim() ?? "";
    return text === "" ? undefined : Number.isNaN(Number(text)) ? text : Number(text);
  };
  const days = WEEKDAYS.filter((day) => values[`hours.${day}`] === "on");
  const [start, end] = [values["hours.start"] ?? "", values["hours.end"] ?? ""];
  const target = commands.targets.get(values.target ?? "");
  return {
    name: values.name ?? "",
    enabled: values.enabled === "on",
    target: values.target ?? "",
    value: target === null ? values.value ?? "" : valueOfText(target.spec.kind, values.value ?? ""),
    when: conditionOfForm(values, "when"),
    for_s: number("for_s"),
    hours: days.length === 0 && start === "" && end === "" ? null : { days, start, end },
    once_per: values.once_per || null,
    every_s: number("every_s"),
  };
}

export function formOfRule(parts: CommandPageParts, spec: RuleSpec): Record<string, string> {
  const { name, enabled, target, value, when, for_s, hours, once_per, every_s } = spec;
  const days = (hours?.days ?? []).map((day) => [`hours.${day}`, "on"]);
  return {
    ...{ name, target, for_s: String(for_s), every_s: String(every_s) },
    ...(enabled ? { enabled: "on" } : {}),
    value: typeof value === "boolean" ? value ? "on" : "off" : String(value),
    ...formOfCondition(when, "when", parts.sensors),
    ...Object.fromEntries(days),
    ...(hours === null ? {} : { "hours.start": hours.start, "hours.end": hours.end }),
    ...{ once_per: once_per ?? "" },
  };
}

export function RuleForm(
  { parts, rule, sent }: { parts: CommandPageParts; rule: Rule | null; sent: SentForm },
): VNode {
  const { errors } = sent;
  const isSent = Object.keys(sent.values).length > 0;
  const values: Values = isSent
    ? sent.values
    : rule === null
    ? { enabled: "on", every_s: "60" }
    : formOfRule(parts, rule.spec);
  const first = Object.entries(errors)[0];
  const action = rule === null ? RULES : `${RULES}/${rule.id}`;
  const field = (name: string, label: string, help?: string, required = false) => (
    <Field
      {...{ name, label, help, required }}
      value={values[name]}
      error={errors[name]}
      autocomplete="off"
    />
  );
  return (
    <form method="post" action={action} class="rule-form">
      <SeenField />
      <FormError>{first && (errors.form ?? `${first[0]}: ${first[1]}`)}</FormError>
      {field("name", "Name", undefined, true)}
      <label class="tick">
        <input type="checkbox" name="enabled" checked={values.enabled === "on"} /> In use
      </label>
      <h2>What it orders</h2>
      <div class="fields">
        <Select
          name="target"
          label="Control"
          options={choices(parts)}
          value={values.target}
          error={errors.target}
        />
        {field("value", "Value", "on or off, a number, or an option; nothing for a button")}
      </div>
      <h2>When</h2>
      <ConditionFields prefix="when" title="Condition" {...{ values, errors }} />
      {field("for_s", "For how many seconds", "The condition has to hold for so long; empty: 0")}
      <Hours {...{ values, errors }} zone={parts.siteZone} />
      <h2>How often</h2>
      <div class="fields">
        <Select
          name="once_per"
          label="Once per"
          options={[["", "each time it becomes true"], ...PERIODS.map((p) => [p, p] as const)]}
          value={values.once_per}
        />
        {field("every_s", "Seconds between its orders", "At least")}
      </div>
      <div class="buttons">
        <button type="submit" class="primary">{rule === null ? "Add the rule" : "Save"}</button>
        <button type="submit" formAction={`${action}/try`}>
          {`How often in the last ${DRY_RUN_DAYS} days`}
        </button>
      </div>
    </form>
  );
}

function choices({ commands, machines }: CommandPageParts): (readonly [string, string])[] {
  const free = commands.targets.all().filter(({ settings }) => !settings.dangerous);
  return free.slice(0, CHOICES_MOST).map(({ id, name, machineId }) => {
    const path = machines.find(machineId)?.path;
    return [id, path === undefined ? name : `${path}: ${name}`] as const;
  });
}

function Hours({ values, errors, zone }: { values: Values; errors: Values; zone: string }): VNode {
  const faults = Object.entries(errors).filter(([path]) => path.startsWith("hours."));
  return (
    <>
      <fieldset class="days">
        <legend>At these hours only</legend>
        {WEEKDAYS.map((day) => (
          <label key={day} class="tick">
            <input
              type="checkbox"
              name={`hours.${day}`}
              checked={values[`hours.${day}`] === "on"}
            />{" "}
            {shortWeekday(day)}
          </label>
        ))}
      </fieldset>
      <div class="fields">
        <Field
          name="hours.start"
          label="From"
          type="time"
          value={values["hours.start"]}
          required={false}
        />
        <Field
          name="hours.end"
          label="To"
          type="time"
          value={values["hours.end"]}
          required={false}
        />
      </div>
      <p class="help">
        {`Times in ${zone}; an end at or before the start is on the next day. Nothing filled: at any time. ` +
          "Without a condition it gives its order when the hours begin."}
      </p>
      {faults.map(([path, text]) => <FormError key={path}>{text}</FormError>)}
    </>
  );
}
