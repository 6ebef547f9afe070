import type { ComponentChildren, VNode } from "preact";
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
      <h1 class="answer">{answerOf(counts)}</h1>
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
              <a href={href({ state: "failed" })}>{`All ${counts.failed}`}</a>
            )}
            {mayAct && (
              <form method="post" action={`${PAGE}/retry`}>
                <button type="submit" class="small">Send all again</button>
              </form>
            )}
          </div>
        </section>
      )}
      <Chips filter={filter} nameOf={nameOf} />
      {page.items.length === 0
        ? (
          <p class="empty">
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
          </p>
        )
        : (
          <section class="card" aria-labelledby="all">
            <h2 id="all">{filtered ? "Deliveries" : "All, newest first"}</h2>
            <Rows items={page.items} parts={parts} nameOf={nameOf} />
          </section>
        )}
      {page.next !== null && (
        <p class="more">
          <a href={href({ ...filter, cursor: page.next })}>Older deliveries</a>
        </p>
      )}
    </>
  );
}

function Chips(
  { filter, nameOf }: { filter: Filter; nameOf: (id: string) => string },
): VNode {
  const chosen = (text: string, without: Filter) => (
    <a class="chip" aria-current="true" href={href(without)}>
      {text} <span aria-hidden="true">×</span>
      <span class="hidden">remove</span>
    </a>
  );
  return (
    <nav class="chips" aria-label="Filters">
      {DELIVERY_STATES.map((state) => {
        const on = filter.state === state;
        return (
          <a
            key={state}
            class="chip"
            href={href({ ...filter, state: on ? undefined : state })}
            aria-current={on ? "true" : undefined}
          >
            {state === "failed" ? "Dead letters" : CHIP_WORDS[state]}
          </a>
        );
      })}
      {filter.channel && chosen(nameOf(filter.channel), { ...filter, channel: undefined })}
      {filter.subject && chosen(filter.subject, { ...filter, subject: undefined })}
    </nav>
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

function href(query: Filter & { cursor?: string }): string {
  const given = Object.entries(query).filter((e): e is [string, string] => e[1] !== undefined);
  return given.length === 0 ? PAGE : `${PAGE}?${new URLSearchParams(given)}`;
}

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
      <p class="crumbs">
        <a href={PAGE}>Deliveries</a>
      </p>
      <h1 class="answer">{delivery.text}</h1>
      <FormError>{error}</FormError>
      <dl class="figures">
        <Fact name="State">
          <StateWord state={delivery.state} />
        </Fact>
        <Fact name="Channel">
          <a href={href({ channel: delivery.channelId })}>{nameOf(delivery.channelId)}</a>
        </Fact>
        <Fact name="To">{delivery.target === "" ? "its recipients" : delivery.target}</Fact>
        <Fact name="Written">{dateTime(delivery.createdMs, zone)}</Fact>
        {open && <Fact name="Next">{dateTime(delivery.nextMs, zone)}</Fact>}
      </dl>
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
    <form method="post" action={`${PAGE}/${id}/${action}`}>
      <button type="submit" class={action === "retry" ? "primary" : "small"}>{text}</button>
    </form>
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
    <div class="scroll" tabIndex={0} role="region" aria-label="Tries, newest first">
      <table>
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
      </table>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }): VNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** Page of what a delivery is about. */
function subjectLink(subject: string): string | null {
  const [kind, id] = subject.split(":", 2);
  if (kind === "alarm") return `/alarms/${id}`;
  if (kind === "ticket") return `/tickets/${id}`;
  return kind === "channel" ? "/settings/channels" : null;
}
