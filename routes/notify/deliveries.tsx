import type { VNode } from "preact";
import { z } from "zod";
import { DeliveryNews } from "../../islands/delivery_news.tsx";
import { atLeast } from "../../lib/access/policy.ts";
import {
  type Delivery,
  DELIVERY_STATES,
  type DeliveryState,
  type DeliveryTry,
} from "../../lib/notify/delivery.ts";
import type { Notify } from "../../lib/notify/notify.ts";
import { ago, dateTime } from "../../lib/words/times.ts";
import { alarmHref, hrefWith, ticketHref } from "../frame/links.ts";
import {
  Answer,
  Chip,
  Chips,
  Crumbs,
  Empty,
  Fact,
  Facts,
  More,
  Post,
  Removable,
  Table,
} from "../frame/parts.tsx";
import { channelNames, findDelivery } from "./deliveries_api.ts";
import { noteOf } from "../http/caller.ts";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { FormError } from "../frame/form.tsx";
import { refusedForm } from "../frame/form_action.ts";
import { Island } from "../frame/island.tsx";
import type { PageParts } from "../frame/page_parts.ts";

/** What the pages about notifications take. */
export interface OutboxPageParts extends PageParts {
  notify: Notify;
}

const PAGE = "/deliveries";
const PAGE_SIZE = 50;
const DEAD_SHOWN = 5;
const MEMBERS_SHOWN = 200;

export const STATE_WORDS: Record<DeliveryState, string> = {
  waiting: "waits",
  held: "held back",
  digest: "is collected",
  delivered: "delivered",
  failed: "dead letter",
  cancelled: "cancelled",
};

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
        <One
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
          await notify[action](id, noteOf(audit, context));
        } catch (error) {
          const { errors } = await refusedForm(context as RouteContext, error, {});
          return await one(context as RouteContext, String(id), errors.form);
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
      handler: (context) => one(context as RouteContext, context.params.id),
    }),
    route({
      method: "post",
      path: `${PAGE}/retry`,
      policy: "admin",
      summary: null,
      handler: async (context) => {
        await notify.retryAll(undefined, noteOf(audit, context as RouteContext));
        return seeOther(PAGE);
      },
    }),
    act("retry"),
    act("cancel"),
  ];
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
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
      <Answer>{answerOf(counts)}</Answer>
      <Island name="DeliveryNews" component={DeliveryNews} props={{}} />
      {dead.length > 0 && (
        <section class="card" aria-labelledby="dead">
          <h2 id="dead">Dead letters</h2>
          <p class="help">
            Nothing more happens with these by itself. Mend the channel, then send them again.
          </p>
          <Rows items={dead} parts={parts} nameOf={nameOf} />
          <div class="buttons">
            {counts.failed > dead.length && (
              <a href={hrefWith(PAGE, { state: "failed" })}>{`All ${counts.failed}`}</a>
            )}
            {mayAct && <Post action={`${PAGE}/retry`} look="small">Send all again</Post>}
          </div>
        </section>
      )}
      <Filters filter={filter} nameOf={nameOf} />
      {page.items.length === 0
        ? (
          <Empty>
            {filtered
              ? (
                <>
                  No delivery fits. <a href={PAGE}>Show all</a>
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
            <Rows items={page.items} parts={parts} nameOf={nameOf} />
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

/** Deliveries as rows: what, to whom, how it stands. */
export function Rows(
  { items, parts, nameOf }: {
    items: readonly Delivery[];
    parts: Pick<OutboxPageParts, "clock" | "zone">;
    nameOf: (id: string) => string;
  },
): VNode {
  const nowMs = parts.clock.now();
  return (
    <ul class="deliveries">
      {items.map((one) => (
        <li key={one.id}>
          <p>
            <a href={`${PAGE}/${one.id}`}>{one.text}</a>
          </p>
          <p>
            <StateWord state={one.state} />{" "}
            <When tMs={one.doneMs ?? one.createdMs} nowMs={nowMs} zone={parts.zone} />{" "}
            <span class="muted">
              {`${nameOf(one.channelId)}${one.target === "" ? "" : `, ${one.target}`}`}
              {one.tries > 1 && ` · ${one.tries} tries`}
            </span>
          </p>
          {one.state !== "delivered" && (one.answer ?? one.why) && (
            <p class="muted">{one.answer ?? one.why}</p>
          )}
        </li>
      ))}
    </ul>
  );
}

function StateWord({ state }: { state: DeliveryState }): VNode {
  const kind = state === "failed" ? "critical" : state === "waiting" ? "warning" : "";
  const icon = state === "failed" ? "■" : state === "waiting" ? "▲" : "";
  return (
    <span class={`state ${kind}`}>
      {icon !== "" && <span aria-hidden="true">{`${icon} `}</span>}
      {STATE_WORDS[state]}
    </span>
  );
}

function When({ tMs, nowMs, zone }: { tMs: number; nowMs: number; zone: string }): VNode {
  return (
    <time dateTime={new Date(tMs).toISOString()} title={dateTime(tMs, zone)}>
      {ago(Math.max(0, nowMs - tMs))}
    </time>
  );
}

function One(
  { parts, delivery, tries, members, mayAct, error }: {
    parts: OutboxPageParts;
    delivery: Delivery;
    tries: DeliveryTry[];
    members: Delivery[];
    mayAct: boolean;
    error?: string;
  },
): VNode {
  const { zone } = parts;
  const nameOf = channelNames(parts.notify);
  const open = ["waiting", "held", "digest"].includes(delivery.state);
  const again = (delivery.state === "failed" || delivery.state === "cancelled") &&
    delivery.digestId === null;
  const about = subjectLink(delivery.subject);
  return (
    <>
      <Crumbs>
        <a href={PAGE}>Deliveries</a>
      </Crumbs>
      <Answer>{delivery.text}</Answer>
      <FormError>{error}</FormError>
      <Facts figures>
        <Fact name="State">
          <StateWord state={delivery.state} />
        </Fact>
        <Fact name="Channel">
          <a href={hrefWith(PAGE, { channel: delivery.channelId })}>{nameOf(delivery.channelId)}</a>
        </Fact>
        <Fact name="To">{delivery.target === "" ? "its recipients" : delivery.target}</Fact>
        <Fact name="Written">{dateTime(delivery.createdMs, zone)}</Fact>
        {open && <Fact name="Next">{dateTime(delivery.nextMs, zone)}</Fact>}
      </Facts>
      <section class="card" aria-labelledby="why">
        <h2 id="why">Why</h2>
        <p>{`${delivery.why.charAt(0).toUpperCase()}${delivery.why.slice(1)}.`}</p>
        <p class="muted">
          Outside it is known as <code class="long">{delivery.uid}</code>, the same on every try.
        </p>
        {about && (
          <p>
            <a href={about}>What it is about</a>
          </p>
        )}
        {delivery.digestId !== null && (
          <p>
            Part of <a href={`${PAGE}/${delivery.digestId}`}>a digest</a>.
          </p>
        )}
        {mayAct && (
          <div class="buttons">
            {again && <Act id={delivery.id} action="retry" text="Send again" />}
            {open && <Act id={delivery.id} action="cancel" text="Do not send" />}
          </div>
        )}
      </section>
      <section class="card" aria-labelledby="tries">
        <h2 id="tries">Tries</h2>
        {tries.length === 0
          ? <p class="muted">None yet.</p>
          : <Tries tries={tries} zone={zone} running={open} />}
      </section>
      {members.length > 0 && (
        <section class="card" aria-labelledby="members">
          <h2 id="members">In this digest</h2>
          <Rows items={members} parts={parts} nameOf={nameOf} />
        </section>
      )}
    </>
  );
}

function Act({ id, action, text }: { id: number; action: string; text: string }): VNode {
  return (
    <Post action={`${PAGE}/${id}/${action}`} look={action === "retry" ? "primary" : "small"}>
      {text}
    </Post>
  );
}

const OUTCOME_WORDS = {
  delivered: "delivered",
  retry: "tried again later",
  failed: "refused",
  gone: "receiver is no more",
} as const;

function Tries(
  { tries, zone, running }: { tries: DeliveryTry[]; zone: string; running: boolean },
): VNode {
  return (
    <Table label="Tries, newest first">
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col" class="text">Outcome</th>
          <th scope="col">Took</th>
          <th scope="col" class="text">Answer</th>
        </tr>
      </thead>
      <tbody>
        {tries.toReversed().map((one, i) => (
          <tr key={one.n}>
            <th scope="row">{dateTime(one.tMs, zone)}</th>
            <td class="text">
              {one.outcome !== null
                ? OUTCOME_WORDS[one.outcome]
                : i === 0 && running
                ? "under way"
                : "cut short; sent again"}
            </td>
            <td>{one.tookMs === null ? "" : `${one.tookMs} ms`}</td>
            <td class="text wide">{one.answer ?? ""}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** Page of what a delivery is about. */
function subjectLink(subject: string): string | null {
  const [kind, id] = subject.split(":", 2);
  if (kind === "alarm") return alarmHref(id);
  if (kind === "ticket") return ticketHref(id);
  return kind === "channel" ? "/settings/channels" : null;
}
