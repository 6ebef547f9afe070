import type { VNode } from "preact";
import { z } from "zod";
import { PerchError } from "../../lib/base/errors.ts";
import type { Outcome } from "../../lib/notify/channel.ts";
import { channelOf, CHANNELS } from "../../lib/notify/channels/mod.ts";
import { optionFields } from "../../lib/base/options.ts";
import { eventNames, FAMILIES } from "../../lib/notify/rule.ts";
import { createWebhooks } from "../../lib/notify/webhooks.ts";
import { SEVERITIES } from "../../lib/words/severity.ts";
import {
  type FormPage,
  formRoute,
  type FormState,
  pageRoute,
  stateOf,
} from "../frame/form_page.ts";
import { FormError } from "../frame/form.tsx";
import { Answer, Chip, Chips, Crumbs } from "../frame/parts.tsx";
import { shownChannel } from "../../lib/notify/channel_view.ts";
import { channelName, testChannel } from "./channels_api.ts";
import { auditedBy } from "../http/caller.ts";
import { idForm } from "../http/params.ts";
import { validate } from "../http/validate.ts";
import type { Route } from "../http/route.ts";
import type { OutboxPageParts } from "./delivery.tsx";
import { optionsOfForm } from "../frame/option_field.tsx";
import { AddForm, ChannelCard, PAGE, type Shown } from "./channel_card.tsx";
import { RowFilter } from "../frame/list_filter.tsx";

const texts = z.record(z.string().max(100), z.string().max(4000));

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
      const adding = stateOf(state, "add").values.kind ?? url.searchParams.get("add");
      return frame.answer(context.c, context.who, {
        title: "Channels",
        place: "/more",
        status: state.status,
        content: (
          <Content
            views={notify.channels.all().map((view) => ({
              view,
              json: shownChannel(view, counts.get(view.id)),
            }))}
            adding={adding}
            start={notify.channels.startOf(adding ?? "")}
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
        const audited = auditedBy(audit, context);
        if (kind.kind !== "webhook") {
          await notify.channels.add({ kind: kind.kind, ...name, options }, audited);
          return;
        }
        const subscription = await subscriptionOf(values);
        const { url = "" } = options as { url?: string };
        const { secret, view } = await webhooks.add({ ...name, url, subscription }, audited);
        const { authorization } = options;
        if (authorization !== undefined) {
          await notify.channels.change(
            view.id,
            { options: { ...view.options, authorization } },
            audited,
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
        }, auditedBy(audit, context));
      })),
    formRoute(page, "test", idForm, async (data, context) => {
      const { name } = notify.channels.find(data.id);
      const outcome = await testChannel(parts, context, data.id, undefined);
      return <TestNotice name={name} outcome={outcome} />;
    }),
    formRoute(page, "rotate", idForm, async (data, context) => {
      const { secret, view } = await webhooks.rotate(data.id, auditedBy(audit, context));
      return <Secret name={view.name} secret={secret} />;
    }),
    formRoute(
      page,
      "enable",
      idForm.extend({ enabled: z.enum(["on", "off"]) }),
      async (data, context) => {
        const enabled = data.enabled === "on";
        await notify.channels.change(data.id, { enabled }, auditedBy(audit, context));
      },
    ),
    formRoute(page, "delete", idForm, async (data, context) => {
      await notify.channels.remove(data.id, auditedBy(audit, context));
    }),
  ];
}

async function subscriptionOf(values: Record<string, string>) {
  const schema = z.object({ events: eventNames, severity: z.enum(SEVERITIES) });
  const events = FAMILIES.filter((family) => values[`event.${family}`] === "on");
  const given = { events, severity: values.severity ?? "info" };
  return await validate(schema, given, "body") as z.output<typeof schema>;
}

function answerOf(shown: readonly Shown[]): VNode {
  const failing = shown.filter(({ json }) => json.health === "failing");
  if (shown.length === 0) return <>No one is notified yet</>;
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
  return <>{on === 1 ? "1 channel in use" : `${on} channels in use`}</>;
}

function Content(
  { views, adding, start, state, nowMs }: {
    views: Shown[];
    adding: string | null;
    start: Readonly<Record<string, unknown>>;
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
        Channels are where messages go to. <a href="/settings/rules">Rules</a>{" "}
        decide who is notified of what; <a href="/deliveries">deliveries</a> show what was sent.
      </p>
      {state.notice}
      <FormError>{elsewhere ? Object.values(state.errors)[0] : undefined}</FormError>
      <RowFilter
        rows='section[aria-labelledby^="channel-"]'
        count={views.length}
        label="Filter channels by name or kind"
      />
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
        {adding !== null && <AddForm kind={adding} state={state} start={start} />}
      </section>
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
    <section
      class={good ? "card" : "card attention"}
      aria-labelledby="test-title"
      role="status"
    >
      <h2 id="test-title">
        {good ? `${name} accepted the test message` : `${name} did not accept the test message`}
      </h2>
      <pre
        tabIndex={0}
      ><code>{good ? outcome.answer : outcome.answer.replace(/[^.!?]$/, "$&.")}</code></pre>
    </section>
  );
}
