import type { VNode } from "preact";
import type { ChannelView, ShownChannel } from "../../lib/notify/channel_view.ts";
import { channelOf } from "../../lib/notify/channels/mod.ts";
import { optionFields } from "../../lib/base/options.ts";
import { FAMILIES } from "../../lib/notify/rule.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { ago } from "../../lib/words/times.ts";
import { type FormState, stateOf } from "../frame/form_page.ts";
import { Field, FormError, SeenField, Select } from "../frame/form.tsx";
import { Post } from "../frame/parts.tsx";
import { OptionInput } from "../frame/option_field.tsx";

export const PAGE = "/settings/channels";

const FAMILY_WORDS: Record<typeof FAMILIES[number], string> = {
  alarm: "alarms",
  ticket: "tickets",
  prediction: "predictions",
  machine: "status of machines",
  channel: "channels",
  command: "orders to devices",
  fault: "faults of Perch itself",
  external: "reports of other programs",
};

/** A channel as it is and as the API shows it. */
export interface Shown {
  view: ChannelView;
  json: ShownChannel;
}

const HEALTH_WORDS: Record<ShownChannel["health"], string> = {
  ok: "delivers",
  failing: "does not deliver",
  off: "off",
  new: "nothing sent yet",
};

/** A channel: whether it delivers, what can be done with it, and its form. */
export function ChannelCard(
  { view, json, state, nowMs }: Shown & { state: FormState; nowMs: number },
): VNode {
  const label = `channel-${view.id}`;
  const kind = channelOf(view.kind);
  const sent = stateOf(state, "change");
  const mine = sent.values.id === view.id;
  const open = [
    json.waiting > 0 ? `${json.waiting} waiting` : "",
    json.dead > 0 ? `${json.dead} dead` : "",
  ].filter((part) => part !== "").join(", ");
  return (
    <section class="card" aria-labelledby={label}>
      <h2 id={label}>
        {view.name}
        <span class={json.health === "failing" ? "state critical" : "state"}>
          {json.health === "failing" && <span aria-hidden="true">■</span>}
          {HEALTH_WORDS[json.health]}
        </span>
      </h2>
      <p class="muted">
        {kind?.title ?? view.kind}
        {view.fixed && ", set by the environment"}
        {view.subscription && `, subscribed to ${wordsOf(view.subscription.events)}`}
        {json.last_delivered_ms !== null &&
          `, last delivered ${ago(Math.max(0, nowMs - json.last_delivered_ms))}`}
        .
        {open !== "" && (
          <>
            {" "}
            <a href={`/deliveries?channel=${view.id}`}>{open}</a>
          </>
        )}
      </p>
      {json.detail && <p>{json.detail}</p>}
      <div class="buttons">
        <Act action="test" id={view.id} text="Send a test" name={view.name} />
        <Act
          action="enable"
          id={view.id}
          name={view.name}
          text={json.enabled ? "Switch off" : "Switch on"}
          more={{ enabled: json.enabled ? "off" : "on" }}
        />
        {view.subscription && (
          <Act action="rotate" id={view.id} text="New secret" name={view.name} />
        )}
        {!view.fixed && <Act action="delete" id={view.id} text="Delete" name={view.name} />}
      </div>
      {!view.fixed && kind && (
        <details open={mine}>
          <summary>Change</summary>
          <form method="post" action={`${PAGE}/change`}>
            <SeenField />
            <input type="hidden" name="id" value={view.id} />
            <OptionForm
              kind={view.kind}
              id={view.id}
              name={mine ? sent.values.name : view.name}
              value={(option) =>
                mine
                  ? sent.values[`option.${option}`] ?? view.options[option]
                  : view.options[option]}
              errors={mine ? sent.errors : {}}
              subscription={view.subscription}
            />
            <button type="submit" class="primary">Save</button>
          </form>
        </details>
      )}
    </section>
  );
}

function wordsOf(events: readonly string[]): string {
  return events.map((name) => FAMILY_WORDS[name as "alarm"] ?? name).join(", ");
}

function Act(
  { action, id, text, name, more = {} }: {
    action: string;
    id: string;
    text: string;
    name: string;
    more?: Record<string, string>;
  },
): VNode {
  return (
    <Post
      action={`${PAGE}/${action}`}
      fields={{ id, ...more }}
      seen
      look="small"
      label={`${text}: ${name}`}
    >
      {text}
    </Post>
  );
}

/** The form of a new channel of this kind. */
export function AddForm(
  { kind: name, state, start }: {
    kind: string;
    state: FormState;
    /** What it begins with. */
    start: Readonly<Record<string, unknown>>;
  },
): VNode {
  const kind = channelOf(name);
  if (kind === undefined) return <p class="error" role="alert">There is no such kind.</p>;
  const { values, errors } = stateOf(state, "add");
  return (
    <form method="post" action={`${PAGE}/add`}>
      <p>{kind.about}</p>
      <FormError>{errors.form}</FormError>
      <input type="hidden" name="kind" value={kind.kind} />
      <OptionForm
        kind={kind.kind}
        id="new"
        name={values.name ?? kind.title}
        value={(option) => values[`option.${option}`] ?? start[option]}
        errors={errors}
        subscription={kind.kind === "webhook" ? { events: ["alarm"], severity: "info" } : null}
      />
      <button type="submit" class="primary">Add</button>
    </form>
  );
}

function OptionForm(
  { kind, id, name, value, errors, subscription }: {
    kind: string;
    id: string;
    name: string;
    value: (option: string) => unknown;
    errors: Record<string, string>;
    subscription: ChannelView["subscription"];
  },
): VNode {
  // Perch makes and exchanges the secrets of webhooks itself.
  const own = kind === "webhook" ? ["secret", "previous_secret"] : [];
  const fields = optionFields(channelOf(kind)!.options).filter((field) =>
    !own.includes(field.name)
  );
  return (
    <>
      <Field
        name="name"
        id={`${id}-name`}
        label="Name"
        value={name}
        error={errors.name}
        autocomplete="off"
      />
      {fields.map((field) => (
        <OptionInput
          key={field.name}
          field={field}
          id={`${id}-${field.name}`}
          value={value(field.name)}
          error={errors[`option.${field.name}`]}
        />
      ))}
      {subscription && (
        <>
          <fieldset class="days">
            <legend>Events</legend>
            {FAMILIES.map((family) => (
              <label key={family}>
                <input
                  type="checkbox"
                  name={`event.${family}`}
                  checked={subscription.events.some((one) => one.split(".")[0] === family)}
                />{" "}
                {FAMILY_WORDS[family]}
              </label>
            ))}
            <FormError>{errors.events}</FormError>
          </fieldset>
          <Select
            name="severity"
            id={`${id}-severity`}
            label="Minimum severity"
            options={SEVERITIES.map((one) => [one, one] as const)}
            value={subscription.severity}
          />
        </>
      )}
      <FormError>{errors.kind ?? errors.options}</FormError>
    </>
  );
}
