import type { VNode } from "preact";
import { z } from "zod";
import { waitingWords } from "../../lib/words/fault.ts";
import type { Fault } from "../../lib/faults/fault.ts";
import type { PausedComponent } from "../../lib/faults/people.ts";
import { span } from "../../lib/words/times.ts";
import { atLeast } from "../../lib/access/policy.ts";
import { hrefWith } from "../frame/links.ts";
import { Filtered, ListFilter, wordsField } from "../frame/list_filter.tsx";
import { matching } from "../../lib/words/matching.ts";
import { Answer, Chip, Chips, Empty, More, UnderMore } from "../frame/parts.tsx";
import { Ago, Exact } from "../frame/times.tsx";
import { type Route, route, type RouteContext } from "../http/route.ts";
import { Healed, PartsCard } from "./parts_card.tsx";
import { faultHref, holds, isByPerson, PAGE, Place, Resume, SeverityWord } from "./parts_drawn.tsx";
import type { FaultPageParts } from "./page_parts.ts";
import { PAGE_LIMIT } from "./request.ts";
import { type FormState, NO_FORM } from "../frame/form_page.ts";

const query = z.strictObject({
  show: z.enum(["history"]).optional(),
  cursor: z.string().max(40).optional(),
  q: wordsField,
});

/** `/faults`: what is wrong with Perch itself now, what is paused, what healed by itself; and what was. */
export function faultListPage(parts: FaultPageParts): Route {
  return route({
    method: "get",
    path: PAGE,
    policy: "viewer",
    summary: null,
    query,
    handler: (context) =>
      context.query.show === undefined
        ? drawNow(parts, context, NO_FORM, context.query.q)
        : drawHistory(parts, context, context.query),
  });
}

/** The page of now, also after one of its forms. */
export function drawNow(
  parts: FaultPageParts,
  { c, who }: RouteContext,
  state: FormState,
  q = "",
): Response {
  const { faults, clock, zone, healing } = parts;
  const isAdmin = who !== null && atLeast(who.role, "admin");
  const open = faults.open();
  const wrong = open.filter((one) => !isByPerson(one));
  const shown = matching(wrong, q, textsOf);
  const paused = faults.paused();
  const nowMs = clock.now();
  return parts.frame.answer(c, who, {
    title: "Faults",
    place: "/more",
    status: state.status,
    content: (
      <>
        <Head />
        <Answer>{answerOf(open, paused)}</Answer>
        {state.notice}
        <Views />
        {wrong.length > 0 && <FilterOf q={q} />}
        {paused.length > 0 && <PausedCard {...{ paused, nowMs, zone, isAdmin }} />}
        <Filtered>
          {shown.length > 0
            ? <OpenCard faults={shown} nowMs={nowMs} zone={zone} />
            : wrong.length > 0
            ? (
              <Empty>
                No fault fits. <a href={PAGE}>Show all {wrong.length}</a>
              </Empty>
            )
            : (
              <Empty>
                Perch looks every five seconds at its tasks, its parts, your scripts, its settings
                and its event log. {paused.length === 0
                  ? "It finds nothing wrong with itself."
                  : "Nothing else is wrong."}
              </Empty>
            )}
        </Filtered>
        <Healed view={healing.view()} nowMs={nowMs} zone={zone} />
        {isAdmin && <PartsCard faults={faults} state={state} />}
      </>
    ),
  });
}

function Head(): VNode {
  return <UnderMore />;
}

/** What a fault is found by, first what it says. */
function textsOf({ message, component, file }: Fault): string[] {
  return [message, component, file ?? ""];
}

function FilterOf({ q, show }: { q: string | undefined; show?: string }): VNode {
  return (
    <ListFilter path={PAGE} value={q} keep={{ show }} label="Filter by what is wrong or where" />
  );
}

function Views({ history = false }: { history?: boolean }): VNode {
  return (
    <Chips label="Faults of which time">
      <Chip href={PAGE} on={!history}>Now</Chip>
      <Chip href={hrefWith(PAGE, { show: "history" })} on={history}>History</Chip>
    </Chips>
  );
}

export function answerOf(open: readonly Fault[], paused: readonly PausedComponent[]): string {
  const wrong = open.filter((fault) => !isByPerson(fault));
  const names = paused.map(({ component }) => component);
  const held = names.length === 0
    ? ""
    : names.length === 1
    ? `${names[0]} is paused`
    : `${names.length} parts are paused`;
  if (wrong.length === 0) return held || "Perch finds nothing wrong with itself";
  const [worst] = wrong;
  const first = wrong.length === 1
    ? `1 fault, ${worst.severity}`
    : `${wrong.length} faults, the worst ${worst.severity}`;
  return held === "" ? first : `${first}; ${held}`;
}

function PausedCard(
  { paused, nowMs, zone, isAdmin }: {
    paused: readonly PausedComponent[];
    nowMs: number;
    zone: string;
    isAdmin: boolean;
  },
): VNode {
  return (
    <section class="card faults" aria-labelledby="paused">
      <h2 id="paused">Paused</h2>
      <ul>
        {paused.map(({ component, sinceMs, waiting, fault }) => (
          <li key={component}>
            <div class="fault-what">
              <strong>{component}</strong>
              <p>{fault?.message ?? "Paused"}</p>
              <p class="muted">
                Since <Ago tMs={sinceMs} nowMs={nowMs} zone={zone} />
                {waiting ? ` · ${waitingWords(component, waiting)}` : ""}
                {component === "intake" &&
                  " · MQTT messages stay with their senders, HTTP is answered 503"}
                {fault !== null && !isByPerson(fault) && (
                  <>
                    {" · "}
                    <a href={faultHref(fault.id)}>its fault</a>
                  </>
                )}
              </p>
            </div>
            {isAdmin && <Resume component={component} back={PAGE} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function OpenCard(
  { faults, nowMs, zone }: { faults: readonly Fault[]; nowMs: number; zone: string },
): VNode {
  return (
    <section class="card faults" aria-labelledby="open">
      <h2 id="open">Wrong now</h2>
      <ul>
        {faults.map((fault) => (
          <li key={fault.id}>
            <SeverityWord severity={fault.severity} />
            <div class="fault-what">
              <a href={faultHref(fault.id)}>{fault.message}</a>
              <p class="muted">
                {fault.component} · since <Ago tMs={fault.firstMs} nowMs={nowMs} zone={zone} />
                {fault.n > 1 && ` · ${fault.n} times`}
                {fault.file !== null && (
                  <>
                    {" · "}
                    <Place fault={fault} />
                  </>
                )}
                {holds(fault) && " · paused"}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

async function drawHistory(
  { faults, frame, zone }: FaultPageParts,
  { c, who }: RouteContext,
  { cursor, q }: { cursor?: string; q?: string },
): Promise<Response> {
  const { items, next } = await faults.list({
    states: ["over", "dismissed"],
    search: q,
    cursor,
    limit: PAGE_LIMIT,
  });
  return frame.answer(c, who, {
    title: "Faults of the past",
    place: "/more",
    content: (
      <>
        <Head />
        <Answer>
          {items.length > 0 ? "Faults that are over" : q ? "No fault fits" : "No fault is over"}
        </Answer>
        <Views history />
        <FilterOf q={q} show="history" />
        <Filtered>
          {items.length === 0
            ? <Empty>Faults stay here for 90 days after they are over or were dismissed.</Empty>
            : <History items={items} zone={zone} />}
          {next !== null && (
            <More href={hrefWith(PAGE, { show: "history", q, cursor: next })}>Older</More>
          )}
        </Filtered>
      </>
    ),
  });
}

function History(
  { items, zone }: { items: readonly Fault[]; zone: string },
): VNode {
  return (
    <section class="card faults" aria-label="Faults that are over">
      <ul>
        {items.map((fault) => (
          <li key={fault.id}>
            <span class="muted">{fault.severity}</span>
            <div class="fault-what">
              <a href={faultHref(fault.id)}>{fault.message}</a>
              <p class="muted">
                {`${fault.component} · `}
                <Exact tMs={fault.firstMs} zone={zone} />
                {` · lasted ${span(lastedMs(fault))}`}
                {fault.n > 1 && ` · ${fault.n} times`}
                {fault.state === "dismissed" && " · dismissed"}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** In whole seconds. */
const lastedMs = ({ firstMs, lastMs }: Fault) =>
  Math.max(0, Math.round((lastMs - firstMs) / 1_000) * 1_000);
