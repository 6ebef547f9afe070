import { orderText } from "../../lib/words/commands.ts";
import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import { type Target, type TargetPatch, targetPatchShape } from "../../lib/commands/target.ts";
import { valueOfText } from "../../lib/commands/value.ts";
import { parseFields } from "../../lib/base/field_words.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { Hidden } from "../frame/form.tsx";
import { machineHref, sensorHref } from "../frame/links.ts";
import { OrderControl } from "../frame/order_control.tsx";
import { Answer, Crumbs, Empty, Fact, Facts, More, Post } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import { localPath } from "../http/form.ts";
import { idParams } from "../http/params.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { type CommandPageParts, History, PAGE } from "./page_parts.tsx";
import { orderBy } from "./request.ts";
import { patchOfForm, SettingsForm } from "./settings.tsx";

const ORDERS = 20;
/** A device that answers within this is shown as confirmed at once. */
const WAIT_MS = 1_500;
const orderForm = z.object({
  value: z.string().max(200).default(""),
  confirmed: z.string().max(5).optional(),
  back: z.string().max(2000).optional(),
});
const texts = z.record(z.string().max(60), z.string().max(2000));

/** `/commands/:id`: one thing that can be told, its orders, and what an admin sets of it. */
export function commandPages(parts: CommandPageParts): Route[] {
  const { commands, audit } = parts;
  const found = (context: RouteContext) => commands.targets.find(context.c.req.param("id") ?? "");
  const draw = (context: RouteContext, sent: SentForm) =>
    drawOne(parts, context, found(context), sent);
  return [
    route({
      method: "get",
      path: `${PAGE}/:id`,
      policy: "viewer",
      summary: null,
      params: idParams(),
      handler: (context) => draw(context, NOTHING_SENT),
    }),
    formAction(
      `${PAGE}/:id/order`,
      orderForm,
      async ({ value, confirmed, back }, context) => {
        const target = found(context);
        const wanted = valueOfText(target.spec.kind, value);
        const isConfirmed = confirmed === "yes";
        if (target.settings.dangerous && !isConfirmed) {
          return ask(parts, context, target, { value, back });
        }
        const by = orderBy(parts, context, isConfirmed);
        const { id } = await commands.order(target.id, wanted, by);
        await commands.ended(id, WAIT_MS);
        return back === undefined ? `${PAGE}/${target.id}` : localPath(back);
      },
      draw,
      "command:engineer",
    ),
    formAction(
      `${PAGE}/:id/settings`,
      texts,
      async (values, context) => {
        const target = found(context);
        const patch = parseFields(targetPatchShape, patchOfForm(target, values)) as TargetPatch;
        await commands.targets.change(target.id, patch, auditedBy(audit, context));
        return `${PAGE}/${target.id}`;
      },
      draw,
      "admin",
    ),
    route({
      method: "post",
      path: `${PAGE}/:id/delete`,
      policy: "admin",
      summary: null,
      params: idParams(),
      handler: async (context) => {
        await commands.targets.remove(context.params.id, auditedBy(audit, context));
        return seeOther(PAGE);
      },
    }),
  ];
}

/** Asks again before something dangerous is ordered. */
function ask(
  { commands, frame }: CommandPageParts,
  { c, who }: RouteContext,
  target: Target,
  { value, back }: { value: string; back?: string },
): Response {
  const view = commands.view(target);
  const text = orderText(target.spec, valueOfText(target.spec.kind, value), view.unit);
  return frame.answer(c, who, {
    title: `Confirm: ${target.name}`,
    place: "/more",
    content: (
      <section class="card attention confirm-order" aria-labelledby="confirm">
        <h1 id="confirm">{`${target.name}: ${text}?`}</h1>
        <p>
          {`This is marked dangerous. The order goes to ${view.machine ?? "its machine"} at once.`}
        </p>
        <form method="post" action={`${PAGE}/${target.id}/order`}>
          <Hidden values={{ value, confirmed: "yes", ...(back === undefined ? {} : { back }) }} />
          <div class="buttons">
            <button type="submit" class="primary">{`Yes, ${text}`}</button>
            <a href={back === undefined ? `${PAGE}/${target.id}` : localPath(back)}>
              No
            </a>
          </div>
        </form>
      </section>
    ),
  });
}

async function drawOne(
  parts: CommandPageParts,
  { c, who }: RouteContext,
  target: Target,
  sent: SentForm,
): Promise<Response> {
  const { commands, frame, clock, zone } = parts;
  const since = parts.place();
  const isAdmin = who?.role === "admin";
  const view = commands.view(target, isAdmin);
  const { items, next } = await commands.list({ targets: [target.id], limit: ORDERS });
  const isOrder = sent.values.value !== undefined;
  return frame.answer(c, who, {
    title: target.name,
    place: "/more",
    script: "lists",
    stream: {
      types: "reading,command",
      ...(view.sensor_id === null ? {} : { sensor: view.sensor_id }),
    },
    since,
    status: sent.status,
    content: (
      <>
        <Crumbs>
          <a href={PAGE}>Controls</a>
          {view.machine !== null && (
            <>
              {" / "}
              <a href={machineHref(view.machine)}>{view.machine}</a>
            </>
          )}
        </Crumbs>
        <Answer>{target.name}</Answer>
        {isOrder && <Refused errors={sent.errors} />}
        <section class="card" aria-label="Control">
          <OrderControl
            target={view}
            latest={commands.latest(target.id)}
            mayOrder={atLeast(who!.role, "engineer")}
            back={`${PAGE}/${target.id}`}
            nowMs={clock.now()}
            zone={zone}
            typed={sent.values.value}
            isOwnPage
          />
        </section>
        <About parts={parts} target={target} />
        <section class="card" aria-labelledby="orders">
          <h2 id="orders">Orders</h2>
          {items.length === 0
            ? <Empty>None was given.</Empty>
            : <History parts={parts} items={items} of={view} />}
          {next !== null && <More href={`${PAGE}/history`}>All orders</More>}
        </section>
        {isAdmin && (
          <>
            <SettingsForm parts={parts} target={target} sent={isOrder ? NOTHING_SENT : sent} />
            <Post action={`${PAGE}/${target.id}/delete`} seen look="small">
              {target.entityUid === null ? "Delete it" : "Forget what was set of it"}
            </Post>
          </>
        )}
      </>
    ),
  });
}

function Refused({ errors }: { errors: Record<string, string> }): VNode {
  const [path, text] = Object.entries(errors)[0] ?? ["form", "The order was refused"];
  return (
    <section class="card attention" role="alert" aria-label="Not ordered">
      <p>{path === "form" ? text : `${path}: ${text}`}</p>
    </section>
  );
}

function About({ parts, target }: { parts: CommandPageParts; target: Target }): VNode {
  const view = parts.commands.view(target);
  const { settings } = view;
  return (
    <section class="card" aria-labelledby="about">
      <h2 id="about">About it</h2>
      <Facts>
        <Fact name="State">
          {view.sensor === null || view.sensor_id === null
            ? "nothing shows it: no order is ever confirmed"
            : <a href={sensorHref(view.sensor_id)}>{view.sensor}</a>}
        </Fact>
        <Fact name="Told by">
          {view.announced ? view.dialect.replaceAll("_", " ") : "MQTT, set up by an admin"}
        </Fact>
        <Fact name="Confirmed within">{`${settings.confirm_s} s`}</Fact>
        <Fact name="At most">
          {`every ${settings.min_interval_s} s, ${settings.per_hour} times an hour`}
        </Fact>
        {settings.only_while !== null && (
          <Fact name="Only while">{parts.commands.conditionText(settings.only_while)}</Fact>
        )}
      </Facts>
    </section>
  );
}
