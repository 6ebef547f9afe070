import type { ComponentChildren, VNode } from "preact";
import { aboutType, type EventType } from "../../lib/events/event.ts";
import type { RoutedChannel } from "../../lib/notify/routed.ts";
import { EVERY_CHANNEL, type Rule, type RuleSpec } from "../../lib/notify/rule.ts";
import { shortWeekday, WEEKDAYS } from "../../lib/words/names.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { dateTime } from "../../lib/words/times.ts";
import { Field, FormError, SeenField, Select } from "../frame/form.tsx";
import { Picker } from "../frame/picker.tsx";
import type { OutboxPageParts } from "./delivery.tsx";
import { FORM_STEPS, typesByFamily } from "./rule_form.ts";

export interface RulePageParts extends OutboxPageParts {
  /** People who can be notified at their own address. */
  people: () => readonly { id: string; name: string }[];
}

export const PAGE = "/settings/rules";

export const DRY_RUN_DAYS = 7;

const MUTES = [["0", "not muted"], ["1", "1 hour"], ["8", "8 hours"], ["24", "1 day"], [
  "168",
  "7 days",
]] as const;

export function isMuted(rule: RuleSpec, nowMs: number): boolean {
  return rule.muted_until !== null && rule.muted_until > nowMs;
}

interface FormParts {
  values: Record<string, string>;
  errors: Record<string, string>;
}

/** The form of a rule, new or there. */
export function RuleForm(
  { parts, rule, values, errors }: FormParts & { parts: RulePageParts; rule: Rule | null },
): VNode {
  const channels = parts.notify.channels.routed().filter((one) => one.subscription === null);
  const action = rule === null ? PAGE : `${PAGE}/${rule.id}`;
  const muted = rule !== null && isMuted(rule, parts.clock.now());
  const given = { values, errors };
  const first = Object.entries(errors)[0];
  return (
    <form method="post" action={action} class="rule-form">
      <SeenField />
      <FormError>{first && (errors.form ?? `${first[0]}: ${first[1]}`)}</FormError>
      <Field
        name="name"
        id="rule-name"
        label="Name"
        value={values.name}
        error={errors.name}
        autocomplete="off"
      />
      <Tick name="enabled" values={values} preset={rule === null}>In use</Tick>
      <h2>What</h2>
      <Select
        name="severity"
        id="rule-severity"
        label="Minimum severity"
        options={SEVERITIES.map((one) => [one, one] as const)}
        value={values.severity}
      />
      <Events {...given} />
      <div class="fields">
        <Picker
          kinds={["machine", "area"]}
          many
          name="machines"
          id="rule-machines"
          label="Machines or areas"
          value={values.machines}
          error={errors.machines}
          help="Names or paths with commas between them. Empty: all."
          required={false}
          autocomplete="off"
        />
        <Picker
          kinds={["tag"]}
          many
          name="tags"
          id="rule-tags"
          label="Tags"
          value={values.tags}
          error={errors.tags}
          help="Machines with one of these. Empty: all."
          required={false}
          autocomplete="off"
        />
      </div>
      <h2>To whom</h2>
      <Recipients
        prefix="to"
        parts={parts}
        channels={channels}
        {...given}
        error={errors.recipients}
      />
      <h2>When</h2>
      <HoursFields
        prefix="hours"
        title="Counts at these hours only"
        {...given}
        zone={parts.siteZone}
      />
      <HoursFields
        prefix="quiet"
        title="Quiet hours: held until they end"
        {...given}
        zone={parts.siteZone}
      >
        <Tick name="quiet.critical" values={values}>Critical passes</Tick>
      </HoursFields>
      <Field
        name="digest_minutes"
        id="rule-digest"
        label="Digest interval in minutes"
        value={values.digest_minutes}
        error={errors.digest_minutes}
        help="0: each message at once. Floods become a digest by themselves."
        autocomplete="off"
      />
      <Select
        name="mute_hours"
        id="rule-mute"
        label="Mute"
        options={muted
          ? [["0", `muted until ${dateTime(rule!.muted_until!, parts.zone)}`], ...MUTES.slice(1)]
          : MUTES}
        value="0"
      />
      <input type="hidden" name="muted_until" value={muted ? values.muted_until : ""} />
      <details
        open={FORM_STEP_NAMES.some((step) => values[`${step}.after`]) ||
          Object.keys(errors).some((path) => path.startsWith("escalation"))}
      >
        <summary>Escalation: whom next, when nobody acknowledges</summary>
        {FORM_STEP_NAMES.map((step, i) => (
          <fieldset key={step} class="days">
            <legend>{`Step ${i + 1}`}</legend>
            <Field
              name={`${step}.after`}
              label="After minutes"
              value={values[`${step}.after`]}
              error={errors[`escalation.${i}.after_minutes`]}
              required={false}
              autocomplete="off"
            />
            <Recipients
              prefix={step}
              parts={parts}
              channels={channels}
              {...given}
              error={errors[`escalation.${i}.recipients`]}
            />
          </fieldset>
        ))}
      </details>
      <div class="buttons">
        <button type="submit" class="primary">{rule === null ? "Add the rule" : "Save"}</button>
        <button type="submit" formAction={`${action}/try`}>
          {`What would it have sent in ${DRY_RUN_DAYS} days`}
        </button>
      </div>
    </form>
  );
}

const FORM_STEP_NAMES = Array.from({ length: FORM_STEPS }, (_, i) => `step${i}`);

function Tick(
  { name, values, preset = false, children }: {
    name: string;
    values: Record<string, string>;
    preset?: boolean;
    children: ComponentChildren;
  },
): VNode {
  const checked = values[name] === "on" || (preset && values[name] === undefined);
  return (
    <label class="tick">
      <input type="checkbox" name={name} checked={checked} /> {children}
    </label>
  );
}

function Events({ values, errors }: FormParts): VNode {
  return (
    <details open={errors.events !== undefined}>
      <summary>Events</summary>
      {[...typesByFamily()].map(([family, types]) => (
        <fieldset key={family} class="days">
          <legend>{family.charAt(0).toUpperCase() + family.slice(1)}</legend>
          {types.map((type) => (
            <Tick key={type} name={`event.${type}`} values={values}>
              {aboutType(type as EventType)}
            </Tick>
          ))}
        </fieldset>
      ))}
      <FormError>{errors.events}</FormError>
    </details>
  );
}

function Recipients(
  { prefix, parts, channels, values, error }: FormParts & {
    prefix: string;
    parts: RulePageParts;
    channels: readonly RoutedChannel[];
    error?: string;
  },
): VNode {
  const personal = channels.filter((one) => one.toPersons);
  const people = personal.length === 0 ? [] : parts.people();
  return (
    <fieldset class="days">
      <legend>Channels</legend>
      <Tick name={`${prefix}.channel.${EVERY_CHANNEL}`} values={values}>
        Every channel that people read
      </Tick>
      {channels.map((one) => (
        <Tick key={one.id} name={`${prefix}.channel.${one.id}`} values={values}>
          {one.name}
          {!one.enabled && <span class="muted">(off)</span>}
        </Tick>
      ))}
      {channels.length === 0 && (
        <p class="help">
          There is no channel yet; an admin adds one under{" "}
          <a href="/settings/channels">Channels</a>.
        </p>
      )}
      {personal.length > 0 && (
        <Select
          name={`${prefix}.person`}
          label={personal.length === 1 ? `A person, by ${personal[0].name}` : "A person"}
          options={[
            ["", "nobody in particular"],
            ...personal.flatMap((channel) =>
              people.map(({ id, name }) =>
                [
                  `${channel.id}/${id}`,
                  personal.length === 1 ? name : `${name}, by ${channel.name}`,
                ] as const
              )
            ),
          ]}
          value={values[`${prefix}.person`] ?? ""}
        />
      )}
      <FormError>{error}</FormError>
    </fieldset>
  );
}

function HoursFields(
  { prefix, title, values, errors, zone, children }: FormParts & {
    prefix: "hours" | "quiet";
    title: string;
    zone: string;
    children?: ComponentChildren;
  },
): VNode {
  const faults = Object.entries(errors).filter(([path]) => path.startsWith(`${prefix}.`));
  const filled = Object.entries(values).some(([name, value]) =>
    name.startsWith(`${prefix}.`) && name !== `${prefix}.critical` && value !== ""
  );
  return (
    <details open={faults.length > 0 || filled}>
      <summary>{title}</summary>
      <fieldset class="days">
        <legend class="hidden">{title}</legend>
        {WEEKDAYS.map((day) => (
          <Tick key={day} name={`${prefix}.${day}`} values={values}>{shortWeekday(day)}</Tick>
        ))}
      </fieldset>
      <div class="fields">
        {(["start", "end"] as const).map((end) => (
          <div class="field" key={end}>
            <label for={`${prefix}-${end}`}>{end === "start" ? "From" : "To"}</label>
            <input
              id={`${prefix}-${end}`}
              name={`${prefix}.${end}`}
              type="time"
              value={values[`${prefix}.${end}`] ?? ""}
            />
          </div>
        ))}
      </div>
      {children}
      <p class="help">
        {`Times in ${zone}; an end at or before the start is on the next day. No day chosen: every day. Nothing filled: at any time.`}
      </p>
      {faults.map(([path, text]) => <FormError key={path}>{text}</FormError>)}
    </details>
  );
}
