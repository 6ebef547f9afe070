import type { VNode } from "preact";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { Outcome } from "../../lib/notify/channel.ts";
import type { ChannelView } from "../../lib/notify/channel_list.ts";
import { channelOf, CHANNELS } from "../../lib/notify/channels/mod.ts";
import { optionFields } from "../../lib/notify/options.ts";
import { eventNames, FAMILIES } from "../../lib/notify/rule.ts";
import { createWebhooks } from "../../lib/notify/webhooks.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import { ago } from "../../lib/words/times.ts";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../frame/form_page.ts";
import { Field, FormError, SeenField, Select } from "../frame/form.tsx";
import { Answer, Chip, Chips, Crumbs, Post } from "../frame/parts.tsx";
import { type ChannelJson, channelJson, channelName, testChannel } from "./channels_api.ts";
import { noteOf } from "../http/caller.ts";
import { validate } from "../http/validate.ts";
import type { Route, RouteContext } from "../http/route.ts";
import type { OutboxPageParts } from "./deliveries.tsx";
import { OptionInput, optionsOfForm } from "./option_field.tsx";

const PAGE = "/settings/channels";
const id = z.strictObject({ id: z.string().max(40) });
const texts = z.record(z.string().max(100), z.string().max(4000));
const FAMILY_WORDS: Record<typeof FAMILIES[number], string> = {
  alarm: "alarms",
  ticket: "tickets",
  prediction: "predictions",
  machine: "status of machines",
  channel: "channels",
};

/** `/settings/channels`: where messages can go to. For admins. */
export function channelPages(parts: OutboxPageParts): Route[] {
  const { notify, audit, frame } = parts;
  const webhooks = createWebhooks(notify.channels);
  const page: FormPage = {
    path: PAGE,
    policy: "admin",
    async draw(context, state) {
      const url = new URL(context.c.req.url);
      const counts = await notify.outbox.countsByChannel();
      return frame.answer(context.c, context.who, {
        title: "Channels",
        place: "/more",
        status: state.status,
        content: (
          <Content
            views={notify.channels.all().map((view) => ({
              view,
              json: channelJson(view, counts.get(view.id)),
            }))}
            adding={stateOf(state, "add").values.kind ?? url.searchParams.get("add")}
            state={state}
            nowMs={parts.clock.now()}
          />
        ),
      });
    },
  };
  const kindOf = (kind: string) => {
    const found = channelOf(kind);
    if (found) return found;
    throw new PerchError("validation", "there is no such kind of channel");
  };
  /** Wrong options stand beside their inputs. */
  const named = async <T,>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof PerchError) || error.errors.length === 0) throw error;
      const errors = error.errors.map(({ path, message }) => ({
        path: path.replace(/^options\.([^.]+).*$/, "option.$1"),
        message,
      }));
      throw new PerchError(error.code, error.message, { errors });
    }
  };

  return [
    pageRoute(page),
    formRoute(page, "add", texts, (values, context) =>
      named(async () => {
        const name = await validate(
          z.object({ name: channelName }),
          { name: values.name ?? "" },
          "body",
        ) as { name: string };
        const kind = kindOf(values.kind);
        const options = optionsOfForm(optionFields(kind.options), values);
        const note = noteOf(audit, context);
        if (kind.kind !== "webhook") {
          await notify.channels.add({ kind: kind.kind, ...name, options }, note);
          return;
        }
        const subscription = await subscriptionOf(values);
        const { url = "" } = options as { url?: string };
        const { secret, view } = await webhooks.add({ ...name, url, subscription }, note);
        const { authorization } = options;
        if (authorization !== undefined) {
          await notify.channels.change(
            view.id,
            { options: { ...view.options, authorization } },
            note,
          );
        }
        return <Secret name={name.name} secret={secret} />;
      })),
    formRoute(page, "change", texts, (values, context) =>
      named(async () => {
        const view = notify.channels.find(values.id ?? "");
        const fields = optionFields(kindOf(view.kind).options);
        const { name } = await validate(
          z.object({ name: channelName }),
          { name: values.name ?? "" },
          "body",
        ) as { name: string };
        await notify.channels.change(view.id, {
          name,
          options: optionsOfForm(fields, values),
          ...(view.subscription === null ? {} : { subscription: await subscriptionOf(values) }),
        }, noteOf(audit, context));
      })),
    formRoute(page, "test", id, async (data, context) => {
      const { name } = notify.channels.find(data.id);
      const outcome = await testChannel(parts, context as RouteContext, data.id, undefined);
      return <TestNotice name={name} outcome={outcome} />;
    }),
    formRoute(page, "rotate", id, async (data, context) => {
      const { secret, view } = await webhooks.rotate(data.id, noteOf(audit, context));
      return <Secret name={view.name} secret={secret} />;
    }),
    formRoute(
      page,
      "enable",
      z.strictObject({ id: z.string().max(40), enabled: z.enum(["on", "off"]) }),
      async (data, context) => {
        const enabled = data.enabled === "on";
        await notify.channels.change(data.id, { enabled }, noteOf(audit, context));
      },
    ),
    formRoute(page, "delete", id, async (data, context) => {
      await notify.channels.remove(data.id, noteOf(audit, context));
    }),
  ];
}

async function subscriptionOf(values: Record<string, string>) {
  const schema = z.object({ events: eventNames, severity: z.enum(SEVERITIES) });
  const events = FAMILIES.filter((family) => values[`event.${family}`] === "on");
  const given = { events, severity: values.severity ?? "info" };
  return await validate(schema, given, "body") as z.output<typeof schema>;
}

interface Shown {
  view: ChannelView;
  json: ChannelJson;
}

function answerOf(shown: readonly Shown[]): VNode {
  const failing = shown.filter(({ json }) => json.health === "failing");
  if (shown.length === 0) return <>Nobody is told of alarms yet</>;
  if (failing.length > 0) {
    return (
      <>
        <span class="mark critical" aria-hidden="true">■</span>
        {failing.length === 1
          ? `${failing[0].view.name} does not deliver`
          : `${failing.length} channels do not deliver`}
      </>
    );
  }
  const on = shown.filter(({ json }) => json.enabled).length;
  return <>{on === 1 ? "One channel is in use" : `${on} channels are in use`}</>;
}

function Content(
  { views, adding, state, nowMs }: {
    views: Shown[];
    adding: string | null;
    state: FormState;
    nowMs: number;
  },
): VNode {
  const elsewhere = ["test", "rotate", "enable", "delete"].includes(state.form);
  return (
    <>
      <Crumbs>
        <a href="/settings">Settings</a>
      </Crumbs>
      <Answer>{answerOf(views)}</Answer>
      <p class="muted">
        Channels are where messages go to. <a href="/settings/rules">Rules</a> say who gets what;
        {" "}
        <a href="/deliveries">deliveries</a> show what was sent.
      </p>
      {state.notice}
      <FormError>{elsewhere ? Object.values(state.errors)[0] : undefined}</FormError>
      {views.length > 0 && (
        <div class="machines">
          {views.map((one) => (
            <ChannelCard key={one.view.id} {...one} state={state} nowMs={nowMs} />
          ))}
        </div>
      )}
      <section class="card" aria-labelledby="add-title">
        <h2 id="add-title">Add a channel</h2>
        <Chips label="Kinds of channels">
          {CHANNELS.map(({ kind, title }) => (
            <Chip key={kind} href={`${PAGE}?add=${kind}#add-title`} on={kind === adding}>
              {title}
            </Chip>
          ))}
        </Chips>
        {adding !== null && <AddForm kind={adding} state={state} />}
      </section>
    </>
  );
}

const HEALTH_WORDS: Record<ChannelJson["health"], string> = {
  ok: "delivers",
  failing: "does not deliver",
  off: "off",
  new: "nothing sent yet",
};

function ChannelCard(
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
        {json.last_delivered !== null &&
          `, last delivered ${ago(Math.max(0, nowMs - json.last_delivered))}`}
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

function AddForm({ kind: name, state }: { kind: string; state: FormState }): VNode {
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
        value={(option) => values[`option.${option}`]}
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
            {errors.events && <p class="error" role="alert">{errors.events}</p>}
          </fieldset>
          <Select
            name="severity"
            id={`${id}-severity`}
            label="From this severity on"
            options={SEVERITIES.map((one) => [one, one] as const)}
            value={subscription.severity}
          />
        </>
      )}
      <FormError>{errors.kind ?? errors.options}</FormError>
    </>
  );
}

function Secret({ name, secret }: { name: string; secret: string }): VNode {
  return (
    <section class="card attention" aria-labelledby="secret-title">
      <h2 id="secret-title">{`Signing secret of ${name}`}</h2>
      <p>The receiver checks messages with it (Standard Webhooks). It is not shown again.</p>
      <pre tabIndex={0}><code>{secret}</code></pre>
    </section>
  );
}

function TestNotice({ name, outcome }: { name: string; outcome: Outcome }): VNode {
  const good = outcome.state === "delivered";
  return (
    <section class="card attention" aria-labelledby="test-title" role="status">
      <h2 id="test-title">
        {good ? `${name} took the test message` : `${name} did not take the test message`}
      </h2>
      <p>The other side said:</p>
      <pre tabIndex={0}><code>{outcome.answer}</code></pre>
    </section>
  );
}
