import type { VNode } from "preact";
import type { Delivery, DeliveryState, DeliveryTry } from "../../lib/notify/delivery.ts";
import type { Notify } from "../../lib/notify/notify.ts";
import { ago, dateTime, duration } from "../../lib/words/times.ts";
import { alarmHref, hrefWith, ticketHref } from "../frame/links.ts";
import { Answer, Crumbs, Fact, Facts, Post, Table } from "../frame/parts.tsx";
import { channelNames } from "./deliveries_api.ts";
import { FormError } from "../frame/form.tsx";
import type { PageParts } from "../frame/page_parts.ts";

/** What the pages about notifications take. */
export interface OutboxPageParts extends PageParts {
  notify: Notify;
}

export const PAGE = "/deliveries";

export const MEMBERS_SHOWN = 200;

export const STATE_WORDS: Record<DeliveryState, string> = {
  waiting: "waits",
  held: "held back",
  digest: "is collected",
  delivered: "delivered",
  failed: "dead letter",
  cancelled: "cancelled",
};

/** Deliveries as rows: what, to whom, how it stands. */
export function DeliveryRows(
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

/** A delivery: what was sent, what was tried, what belongs to it. */
export function OneDelivery(
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
          <DeliveryRows items={members} parts={parts} nameOf={nameOf} />
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
  gone: "receiver no longer exists",
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
            <td>{one.tookMs === null ? "" : duration(one.tookMs)}</td>
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
