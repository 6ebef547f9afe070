import type { VNode } from "preact";
import { Renewed } from "../../islands/renewed.tsx";
import type { PollView } from "../../lib/sources/polls/poll_view.ts";
import type { Uptime } from "../../lib/sources/polls/uptime.ts";
import { duration } from "../../lib/words/times.ts";
import { Island } from "../frame/island.tsx";
import { Answer, Crumbs, Empty, More } from "../frame/parts.tsx";
import { type Route, route } from "../http/route.ts";
import {
  answerOf,
  BeatBar,
  isAdmin,
  kindTitle,
  PAGE,
  percent,
  PLACE,
  probeHref,
  type ProbePageParts,
  Since,
  StateWord,
} from "./probe_parts.tsx";
import { RowFilter } from "../frame/list_filter.tsx";

/** Without script. */
const REFRESH_S = 30;
/** With script. */
const RENEW_S = 5;
const PART = "probes";

/** `/probes`: all of them, as they are now; what is down first. */
export function probeListPages(parts: ProbePageParts): Route[] {
  return [
    route({
      method: "get",
      path: PAGE,
      policy: "viewer",
      summary: null,
      handler: async ({ c, who }) => {
        const views = inOrder(parts.polls.all());
        const uptimes = new Map<string, Uptime>();
        for (const view of views) uptimes.set(view.id, await parts.pollUptime(view));
        return parts.frame.answer(c, who, {
          title: "Probes",
          place: PLACE,
          script: "lists",
          refreshS: REFRESH_S,
          content: (
            <>
              <Crumbs>
                <a href="/sources">Sources</a>
              </Crumbs>
              <Island name="Renewed" component={Renewed} props={{ part: PART, everyS: RENEW_S }} />
              <RowFilter rows=".probes > *" count={views.length} label="Filter probes by name" />
              <div data-renewed={PART}>
                <Answer>{answerOf(views)}</Answer>
                {views.length === 0 && <NoProbe mayAdd={isAdmin(who)} />}
                <div class="probes">
                  {views.map((view) => (
                    <Row key={view.id} parts={parts} view={view} uptime={uptimes.get(view.id)!} />
                  ))}
                </div>
              </div>
              {isAdmin(who) && views.length > 0 && <More href={`${PAGE}/new`}>Add a probe</More>}
            </>
          ),
        });
      },
    }),
  ];
}

const RANK = ["down", "fault", "trying", "unallowed", "held", "waiting", "up", "paused"];

const inOrder = (views: readonly PollView[]) =>
  views.toSorted((a, b) => RANK.indexOf(a.state) - RANK.indexOf(b.state));

function NoProbe({ mayAdd }: { mayAdd: boolean }): VNode {
  return (
    <Empty>
      Perch asks web pages, ports, name servers and certificates whether they are well, waits for
      jobs that have to report, and reads Modbus devices. Each is a machine with sensors and alarms.
      {" "}
      {mayAdd
        ? <a href={`${PAGE}/new`}>Add the first probe</a>
        : "An admin can add the first one here."}
    </Empty>
  );
}

function Row(
  { parts, view, uptime: { day, month } }: {
    parts: ProbePageParts;
    view: PollView;
    uptime: Uptime;
  },
): VNode {
  const { id, name, state, text, responseMs } = view;
  const nowMs = parts.clock.now();
  return (
    <section class="card probe" aria-labelledby={`probe-${id}`}>
      <h2 id={`probe-${id}`}>
        <a href={probeHref(id)}>{name}</a>
        <span class="area">{kindTitle(view.kind)}</span>
      </h2>
      <p class="probe-state">
        <StateWord state={state} />
        <Since view={view} nowMs={nowMs} zone={parts.zone} />
      </p>
      <BeatBar checks={view.checks} zone={parts.zone} />
      <p class="probe-figures muted">
        <span>{`24 h ${percent(day)}`}</span>
        <span>{`30 d ${percent(month)}`}</span>
        {responseMs !== null && state === "up" && <span>{duration(responseMs)}</span>}
      </p>
      {state !== "up" && state !== "paused" && <p class="probe-why">{text}</p>}
    </section>
  );
}
