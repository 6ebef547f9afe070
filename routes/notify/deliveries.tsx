import type { VNode } from "preact";
import { z } from "zod";
import { DeliveryNews } from "../../islands/delivery_news.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import { type Delivery, DELIVERY_STATES, type DeliveryState } from "../../lib/notify/delivery.ts";
import type { Notify } from "../../lib/notify/notify.ts";
import { hrefWith } from "../frame/links.ts";
import { Answer, Chip, Chips, Empty, More, Post, Removable, UnderMore } from "../frame/parts.tsx";
import { channelNames, findDelivery } from "./deliveries_api.ts";
import { auditedBy } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { seeOther } from "../http/see_other.ts";
import { refusedForm } from "../frame/form_action.ts";
import { Island } from "../frame/island.tsx";
import {
  DeliveryRows,
  MEMBERS_SHOWN,
  OneDelivery,
  type OutboxPageParts,
  PAGE,
} from "./delivery.tsx";
import { RowFilter } from "../frame/list_filter.tsx";

const PAGE_SIZE = 50;
const DEAD_SHOWN = 5;

const Query = z.object({
  state: z.enum(DELIVERY_STATES).optional().catch(undefined),
  channel: z.string().max(40).optional(),
  subject: z.string().max(100).optional(),
  cursor: z.string().regex(/^\d{1,15}$/).optional().catch(undefined),
}).loose();

type Filter = Pick<z.output<typeof Query>, "state" | "channel" | "subject">;

/** `/deliveries`: what left Perch, to whom, and what the far side said. */
export function deliveryPages(parts: OutboxPageParts): Route[] {
  const { notify, audit, frame } = parts;

  async function one(context: RouteContext, id: string, error?: string): Promise<Response> {
    const delivery = await findDelivery(notify, id);
    const tries = await notify.outbox.tries(delivery.id);
    const members = delivery.eventId === null
      ? (await notify.outbox.list({ digest: delivery.id, limit: MEMBERS_SHOWN })).items
      : [];
    return frame.answer(context.c, context.who, {
      title: "Delivery",
      place: "/more",
      status: error === undefined ? 200 : 409,
      content: (
        <OneDelivery
          parts={parts}
          delivery={delivery}
          tries={tries}
          members={members}
          mayAct={atLeast(context.who!.role, "admin")}
          error={error}
        />
      ),
    });
  }

  const act = (action: "retry" | "cancel") =>
    route({
      method: "post",
      path: `${PAGE}/:id/${action}`,
      policy: "admin",
      summary: null,
      params: z.object({ id: z.string().regex(/^\d{1,15}$/) }),
      handler: async (context) => {
        const { id } = await findDelivery(notify, context.params.id);
        try {
          await notify[action](id, auditedBy(audit, context));
        } catch (error) {
          const { errors } = await refusedForm(context, error, {});
          return await one(context, String(id), errors.form);
        }
        return seeOther(`${PAGE}/${id}`);
      },
    });

  return [
    route({
      method: "get",
      path: PAGE,
      policy: "engineer",
      summary: null,
      query: Query,
      handler: async ({ c, who, query }) => {
        const since = parts.place();
        const filter: Filter = {
          state: query.state,
          channel: query.channel,
          subject: query.subject,
        };
        const { state, ...rest } = filter;
        const states = state === undefined ? undefined : [state];
        const { cursor } = query;
        const page = await notify.outbox.list({ ...rest, states, cursor, limit: PAGE_SIZE });
        const first = cursor === undefined && Object.values(filter).every((v) => v === undefined);
        const dead = first
          ? (await notify.outbox.list({ states: ["failed"], limit: DEAD_SHOWN })).items
          : [];
        return frame.answer(c, who, {
          title: "Deliveries",
          place: "/more",
          stream: { types: "delivery" },
          since,
          script: "lists",
          content: (
            <List
              parts={parts}
              filter={filter}
              page={page}
              dead={dead}
              counts={await notify.counts()}
              mayAct={atLeast(who!.role, "admin")}
            />
          ),
        });
      },
    }),
    route({
      method: "get",
      path: `${PAGE}/:id`,
      policy: "engineer",
      summary: null,
      params: z.object({ id: z.string().regex(/^\d{1,15}$/) }),
      handler: (context) => one(context, context.params.id),
    }),
    route({
      method: "post",
      path: `${PAGE}/retry`,
      policy: "admin",
      summary: null,
      handler: async (context) => {
        await notify.retryAll(undefined, auditedBy(audit, context));
        return seeOther(PAGE);
      },
    }),
    act("retry"),
    act("cancel"),
  ];
}

type Counts = Awaited<ReturnType<Notify["counts"]>>;

function answerOf({ failed, waiting, held, digest }: Counts): VNode {
  if (failed > 0) {
    return (
      <>
        <span class="mark critical" aria-hidden="true">■</span>
        {failed === 1
          ? "One message could not be delivered"
          : `${failed} messages could not be delivered`}
      </>
    );
  }
  if (waiting > 0) return <>{`${waiting} ${waiting === 1 ? "message waits" : "messages wait"}`}</>;
  const later = held + digest;
  return later > 0
    ? <>{`Nothing waits to be sent; ${later} held back or collected`}</>
    : <>Everything was delivered</>;
}

function List(
  { parts, filter, page, dead, counts, mayAct }: {
    parts: OutboxPageParts;
    filter: Filter;
    page: { items: Delivery[]; next: string | null };
    dead: Delivery[];
    counts: Counts;
    mayAct: boolean;
  },
): VNode {
  const filtered = Object.values(filter).some((value) => value !== undefined);
  const nameOf = channelNames(parts.notify);
  return (
    <>
      <UnderMore />
      <Answer>{answerOf(counts)}</Answer>
      <Island name="DeliveryNews" component={DeliveryNews} props={{}} />
      {dead.length > 0 && (
        <section class="card" aria-labelledby="dead">
          <h2 id="dead">Dead letters</h2>
          <p class="help">
            Nothing more happens with these by itself. Mend the channel, then send them again.
          </p>
          <DeliveryRows items={dead} parts={parts} nameOf={nameOf} />
          <div class="buttons">
            {counts.failed > dead.length && (
              <a href={hrefWith(PAGE, { state: "failed" })}>{`All ${counts.failed}`}</a>
            )}
            {mayAct && <Post action={`${PAGE}/retry`} look="small">Send all again</Post>}
          </div>
        </section>
      )}
      <Filters filter={filter} nameOf={nameOf} />
      <RowFilter
        rows="ul.deliveries > li"
        count={page.items.length}
        label="Filter the deliveries on this page"
      />
      {page.items.length === 0
        ? (
          <Empty>
            {filtered
              ? (
                <>
                  No deliveries match. <a href={PAGE}>Show all</a>
                </>
              )
              : (
                <>
                  Nothing has left Perch yet. <a href="/settings/channels">Channels</a>{" "}
                  are where messages go to, <a href="/settings/rules">rules</a> say which.
                </>
              )}
          </Empty>
        )
        : (
          <section class="card" aria-labelledby="all">
            <h2 id="all">{filtered ? "Deliveries" : "All, newest first"}</h2>
            <DeliveryRows items={page.items} parts={parts} nameOf={nameOf} />
          </section>
        )}
      {page.next !== null && (
        <More href={hrefWith(PAGE, { ...filter, cursor: page.next })}>Older deliveries</More>
      )}
    </>
  );
}

function Filters(
  { filter, nameOf }: { filter: Filter; nameOf: (id: string) => string },
): VNode {
  const chosen = (text: string, without: Filter) => (
    <Removable href={hrefWith(PAGE, without)}>{text}</Removable>
  );
  return (
    <Chips label="Filters">
      {DELIVERY_STATES.map((state) => {
        const on = filter.state === state;
        return (
          <Chip
            key={state}
            href={hrefWith(PAGE, { ...filter, state: on ? undefined : state })}
            on={on}
          >
            {state === "failed" ? "Dead letters" : CHIP_WORDS[state]}
          </Chip>
        );
      })}
      {filter.channel && chosen(nameOf(filter.channel), { ...filter, channel: undefined })}
      {filter.subject && chosen(filter.subject, { ...filter, subject: undefined })}
    </Chips>
  );
}

const CHIP_WORDS: Record<DeliveryState, string> = {
  waiting: "Waiting",
  held: "Held back",
  digest: "Collected",
  delivered: "Delivered",
  failed: "Dead letters",
  cancelled: "Cancelled",
};
