import type { VNode } from "preact";
import { z } from "zod";
import { atLeast } from "../../lib/access/policy.ts";
import type { LoggedEvent } from "../../lib/events/event.ts";
import type { Fault } from "../../lib/faults/fault.ts";
import { FAULT_ACTIONS } from "../../lib/words/fault.ts";
import { eventHref, hrefWith } from "../frame/links.ts";
import { Field, FormError } from "../frame/form.tsx";
import { formAction, type SentForm } from "../frame/form_action.ts";
import { type FormState, NO_FORM, stateOf } from "../frame/form_page.ts";
import { Answer, Crumbs, Fact, Facts, More } from "../frame/parts.tsx";
import { Ago, Exact } from "../frame/times.tsx";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { correctionOf } from "./correction.tsx";
import { correctionActions } from "./correction_actions.tsx";
import type { FaultPageParts } from "./page_parts.ts";
import { faultHref, holds, isByPerson, PAGE, Place, Resume, SeverityWord } from "./parts_drawn.tsx";
import { byPerson, faultParams, findFault, reasonField } from "./request.ts";

const EVENTS_SHOWN = 50;
const DONE: Record<typeof FAULT_ACTIONS[keyof typeof FAULT_ACTIONS], string> = {
  pause: "its part is paused where that is possible, and people are asked",
  watch: "it is logged and watched",
  log: "it is logged",
};

/** `/faults/:id`: one fault, what happened, and what can be done. */
export function faultPages(parts: FaultPageParts): Route[] {
  const path = `${PAGE}/:id`;
  const idOf = (context: RouteContext) => context.c.req.param("id")!;
  return [
    route({
      method: "get",
      path,
      policy: "viewer",
      summary: null,
      params: faultParams,
      handler: (context) => draw(parts, context, idOf(context), NO_FORM),
    }),
    formAction(
      `${path}/dismiss`,
      z.strictObject({ reason: reasonField }),
      async ({ reason }, context) => {
        const { id } = await findFault(parts, idOf(context));
        await parts.faults.dismiss(id, byPerson(parts, context, reason));
        return faultHref(id);
      },
      (context, sent) => draw(parts, context, idOf(context), { form: "dismiss", ...sent }),
      "admin",
    ),
    ...correctionActions(parts, (context, state) => draw(parts, context, idOf(context), state)),
  ];
}

async function draw(
  parts: FaultPageParts,
  context: RouteContext,
  id: string,
  state: FormState,
): Promise<Response> {
  const { c, who } = context;
  const fault = await findFault(parts, id);
  const [{ items }, correction] = await Promise.all([
    parts.events.list({ subject: `fault:${fault.id}`, limit: EVENTS_SHOWN }),
    correctionOf(parts, context, fault, state),
  ]);
  const isAdmin = who !== null && atLeast(who.role, "admin");
  return parts.frame.answer(c, who, {
    title: fault.message,
    place: "/more",
    status: state.status,
    content: (
      <>
        <Crumbs>
          <a href={PAGE}>Faults</a>
        </Crumbs>
        <Answer>{fault.message}</Answer>
        <FaultFacts fault={fault} nowMs={parts.clock.now()} zone={parts.zone} />
        {isAdmin && holds(fault) && <Held fault={fault} />}
        {correction}
        {isAdmin && fault.state === "open" && !isByPerson(fault) && (
          <Dismiss fault={fault} sent={stateOf(state, "dismiss")} />
        )}
        <Timeline events={items} zone={parts.zone} />
        <More href={hrefWith("/events", { q: fault.component })}>
          {`Events that mention ${fault.component}`}
        </More>
      </>
    ),
  });
}

function FaultFacts(
  { fault, nowMs, zone }: { fault: Fault; nowMs: number; zone: string },
): VNode {
  const { severity, component, type, state, firstMs, lastMs, endedMs, n, file } = fault;
  return (
    <section class="card" aria-label="About this fault">
      <Facts>
        <Fact name="State">
          {state === "open" ? "open" : state === "over" ? "over" : "dismissed"}
          {holds(fault) && ", its part is paused"}
        </Fact>
        <Fact name="Severity">
          <SeverityWord severity={severity} />{" "}
          <span class="muted">{DONE[FAULT_ACTIONS[severity]]}</span>
        </Fact>
        <Fact name="Part">{component}</Fact>
        <Fact name="Kind">{type.replaceAll("_", " ")}</Fact>
        {file !== null && (
          <Fact name="Where">
            <Place fault={fault} />
          </Fact>
        )}
        <Fact name="Since">
          <Exact tMs={firstMs} zone={zone} /> (<Ago tMs={firstMs} nowMs={nowMs} zone={zone} />)
        </Fact>
        <Fact name={endedMs === null ? "Last seen" : "Over"}>
          <Exact tMs={endedMs ?? lastMs} zone={zone} />
        </Fact>
        <Fact name="How often">{n === 1 ? "once" : `${n} times`}</Fact>
      </Facts>
    </section>
  );
}

function Held({ fault: { id, component } }: { fault: Fault }): VNode {
  return (
    <section class="card faults" aria-labelledby="held">
      <h2 id="held">Paused</h2>
      <ul>
        <li>
          <p class="fault-what">
            {component}{" "}
            is paused; when it is resumed, what waits comes first. If it still fails, it is paused
            again.
          </p>
          <Resume component={component} back={faultHref(id)} />
        </li>
      </ul>
    </section>
  );
}

function Dismiss(
  { fault: { id }, sent }: { fault: Fault; sent: Pick<SentForm, "errors" | "values"> },
): VNode {
  return (
    <section class="card" aria-labelledby="dismiss">
      <h2 id="dismiss">Dismiss it</h2>
      <p class="muted">
        It is not shown any more as long as it stays the same. What it paused stays paused.
      </p>
      <form method="post" action={`${faultHref(id)}/dismiss`}>
        <FormError>{sent.errors.form}</FormError>
        <Field
          name="reason"
          label="Why"
          value={sent.values.reason}
          error={sent.errors.reason}
        />
        <button type="submit">Dismiss</button>
      </form>
    </section>
  );
}

function Timeline({ events, zone }: { events: readonly LoggedEvent[]; zone: string }): VNode {
  return (
    <section class="card" aria-labelledby="happened">
      <h2 id="happened">What happened</h2>
      {events.length === 0
        ? <p class="muted">Nothing is in the event log yet.</p>
        : (
          <ol class="fault-steps">
            {events.toReversed().map((event) => (
              <li key={event.id}>
                <Exact tMs={event.tMs} zone={zone} />{" "}
                <a href={eventHref(event.id)}>{stepOf(event)}</a>
                {event.actor !== null && <span class="muted">{` by ${event.actor}`}</span>}
              </li>
            ))}
          </ol>
        )}
    </section>
  );
}

/** The event in words: what it says of the fault stands on the page already. */
function stepOf({ type, text }: LoggedEvent): string {
  return ({ "fault.opened": "seen first", "fault.worse": "got worse" } as Record<string, string>)[
    type
  ] ?? text;
}
