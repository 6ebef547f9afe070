import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import { parseFields } from "../../lib/base/field_words.ts";
import { newTargetShape, type Target } from "../../lib/commands/target.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { hrefWith, machineHref, machineTitle } from "../frame/links.ts";
import { Filtered, ListFilter, wordsField } from "../frame/list_filter.tsx";
import { OrderControl } from "../frame/order_control.tsx";
import { matching } from "../../lib/words/matching.ts";
import { Answer, Crumbs, Empty, More, UnderMore } from "../frame/parts.tsx";
import { auditedBy } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { type CommandPageParts, History, PAGE, RULES } from "./page_parts.tsx";
import { SetUpForm, targetOfForm } from "./set_up.tsx";

/** Controls of one page, and orders of one page. */
const SHOWN = 60;
const LATEST = 8;
const texts = z.record(z.string().max(60), z.string().max(2000));
const ORDERS = 50;

/** `/commands`: what can be told, the latest orders, and a form for another; `/commands/history`: all orders. */
export function commandListPages(parts: CommandPageParts): Route[] {
  return [
    route({
      method: "get",
      path: PAGE,
      policy: "viewer",
      summary: null,
      query: z.object({
        from: z.coerce.number().int().min(0).max(100_000).catch(0),
        q: wordsField,
      }).loose(),
      handler: (context) => drawList(parts, context, NOTHING_SENT, context.query),
    }),
    route({
      method: "get",
      path: `${PAGE}/history`,
      policy: "viewer",
      summary: null,
      query: z.object({ cursor: z.string().max(40).optional() }).loose(),
      handler: async ({ c, who, query }) => {
        const { items, next } = await parts.commands.list({ cursor: query.cursor, limit: ORDERS });
        return parts.frame.answer(c, who, {
          title: "Orders",
          place: "/more",
          content: (
            <>
              <Crumbs>
                <a href={PAGE}>Controls</a>
              </Crumbs>
              <h1>Orders</h1>
              {items.length === 0
                ? <Empty>No order was given.</Empty>
                : <History parts={parts} items={items} />}
              {next !== null && <More href={`${PAGE}/history?cursor=${next}`}>Older ones</More>}
            </>
          ),
        });
      },
    }),
    formAction(
      `${PAGE}/new`,
      texts,
      async (values, context) => {
        const given = parseFields(newTargetShape, targetOfForm(values));
        const { id } = await parts.commands.targets.add(given, auditedBy(parts.audit, context));
        return `${PAGE}/${id}`;
      },
      (context, sent) => drawList(parts, context, sent),
      "admin",
    ),
  ];
}

/** The page of all of them, with what was typed into the form for another. */
async function drawList(
  parts: CommandPageParts,
  { c, who }: Pick<RouteContext, "c" | "who">,
  sent: SentForm,
  { from = 0, q = "" }: { from?: number; q?: string } = {},
): Promise<Response> {
  const { commands } = parts;
  const since = parts.place();
  const all = commands.targets.all();
  const found = matching(all, q, (target) => textsOf(parts, target));
  const { items } = await commands.list({ limit: LATEST });
  return parts.frame.answer(c, who, {
    title: "Controls",
    place: "/more",
    script: "lists",
    stream: { types: "reading,command" },
    since,
    status: sent.status,
    content: (
      <>
        <UnderMore />
        <Answer>
          {found === all ? answerOf(all.length) : `${found.length} of ${all.length} controls`}
        </Answer>
        {all.length === 0 && (
          <Empty>
            Devices that announce themselves (Home Assistant discovery, Zigbee2MQTT, Sparkplug)
            bring theirs along. {who?.role === "admin"
              ? "For others, say below on which topic they are told."
              : "An admin can set up others."}
          </Empty>
        )}
        {all.length > 0 && (
          <ListFilter path={PAGE} value={q} label="Filter by machine or control" />
        )}
        <Filtered>
          {all.length > 0 && found.length === 0 && (
            <Empty>
              No control fits. <a href={PAGE}>Show all {all.length}</a>
            </Empty>
          )}
          <Groups
            parts={parts}
            targets={found.slice(from, from + SHOWN)}
            mayOrder={atLeast(who!.role, "engineer")}
          />
          {found.length > from + SHOWN && (
            <More href={hrefWith(PAGE, { q, from: String(from + SHOWN) })}>More</More>
          )}
        </Filtered>
        {items.length > 0 && (
          <section class="card" aria-labelledby="orders">
            <h2 id="orders">Latest orders</h2>
            <History parts={parts} items={items} />
            <More href={`${PAGE}/history`}>All orders</More>
          </section>
        )}
        <More href={RULES}>Rules that give orders</More>
        {who?.role === "admin" && <SetUpForm sent={sent} />}
      </>
    ),
  });
}

/** What a control is found by, first what it is called. */
function textsOf({ machines }: CommandPageParts, { machineId, name }: Target): string[] {
  const machine = machines.find(machineId);
  return machine === undefined ? [name] : [`${machineTitle(machine)} ${name}`, machine.path];
}

function answerOf(n: number): string {
  if (n === 0) return "Nothing can be commanded yet";
  return n === 1 ? "One thing can be commanded" : `${n} things can be commanded`;
}

function Groups(
  { parts, targets, mayOrder }: {
    parts: CommandPageParts;
    targets: readonly Target[];
    mayOrder: boolean;
  },
): VNode {
  const { commands, machines, clock, zone } = parts;
  const groups = Map.groupBy(targets, ({ machineId }) => machineId);
  return (
    <>
      {[...groups].map(([id, group]) => {
        const machine = machines.find(id);
        return (
          <section key={id} class="card" aria-labelledby={`m-${id}`}>
            <h2 id={`m-${id}`}>
              {machine === undefined
                ? "A deleted machine"
                : <a href={machineHref(machine.path)}>{machineTitle(machine)}</a>}
            </h2>
            {group.map((target) => (
              <OrderControl
                key={target.id}
                target={commands.view(target)}
                latest={commands.latest(target.id)}
                back={`${PAGE}`}
                nowMs={clock.now()}
                {...{ mayOrder, zone }}
              />
            ))}
          </section>
        );
      })}
    </>
  );
}
