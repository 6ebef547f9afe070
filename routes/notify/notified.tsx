import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import type { StoredRouting } from "../../lib/notify/outbox_store.ts";
import type { Choice, Decision } from "../../lib/notify/routed.ts";
import type { EventLog } from "../../lib/events/events_store.ts";
import { dateTime } from "../../lib/words/times.ts";
import { alarmHref } from "../frame/links.ts";
import { Answer, Crumbs } from "../frame/parts.tsx";
import { withoutAddress } from "./rules_api.ts";
import { type Route, route } from "../http/route.ts";
import type { OutboxPageParts } from "./delivery.tsx";

const MOST_STEPS = 100;

const CHOICE_WORDS: Record<Choice, string> = {
  send: "sent to",
  hold: "held back for",
  digest: "collected for",
  skip: "not sent",
};

export interface NotifiedParts extends OutboxPageParts {
  events: Pick<EventLog, "list">;
}

/** `/alarms/:id/told`: why did I (not) get this? */
export function notifiedPages(parts: NotifiedParts): Route[] {
  return [
    route({
      method: "get",
      path: "/alarms/:id/told",
      policy: "viewer",
      summary: null,
      params: z.object({ id: z.string().max(40) }),
      handler: async ({ c, who, params }) => {
        const subject = `alarm:${params.id}`;
        const routings = await parts.notify.outbox.routings(subject, MOST_STEPS);
        const { items } = await parts.events.list({ subject, limit: MOST_STEPS });
        const texts = new Map(items.map((event) => [event.id, event.text]));
        const seesAddresses = atLeast(who!.role, "engineer");
        return parts.frame.answer(c, who, {
          title: "Who was notified",
          place: "/alarms",
          content: (
            <>
              <Crumbs>
                <a href={alarmHref(params.id)}>Alarm</a>
              </Crumbs>
              <Answer>{answerOf(routings)}</Answer>
              <p class="muted">
                What every rule said to each step of this alarm, as it was decided then.
                {seesAddresses && (
                  <>
                    {" "}
                    <a href={`/deliveries?subject=${subject}`}>What became of the messages</a>
                  </>
                )}
              </p>
              {routings.map((one) => (
                <section class="card" key={one.event} aria-label={texts.get(one.event)}>
                  <h2>{texts.get(one.event) ?? "A step that is no longer stored"}</h2>
                  <p class="muted">{dateTime(one.tMs, parts.zone)}</p>
                  <Decisions
                    decisions={seesAddresses ? one.decisions : one.decisions.map(withoutAddress)}
                  />
                </section>
              ))}
            </>
          ),
        });
      },
    }),
  ];
}

function answerOf(routings: readonly StoredRouting[]): string {
  if (routings.length === 0) return "Nothing was decided about this alarm yet";
  const sent = routings.flatMap(({ decisions }) => decisions)
    .filter(({ decision }) => decision !== "skip");
  const places = new Set(sent.map(({ channel_name, target }) => `${channel_name} ${target}`));
  if (places.size === 0) return "Nobody was notified of this alarm";
  return places.size === 1 ? "Notified in one place" : `Notified in ${places.size} places`;
}

function Decisions({ decisions }: { decisions: readonly Decision[] }): VNode {
  if (decisions.length === 0) return <p>There were no rules.</p>;
  return (
    <ul class="deliveries">
      {decisions.map((one, i) => (
        <li key={i}>
          <p>
            <strong>{one.rule_name}</strong> {CHOICE_WORDS[one.decision]}{" "}
            {one.channel_name !== null && one.channel_name}
            {one.target !== "" && ` (${one.target})`}
          </p>
          <p class="muted">{`${one.why.charAt(0).toUpperCase()}${one.why.slice(1)}.`}</p>
        </li>
      ))}
    </ul>
  );
}
