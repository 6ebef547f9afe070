import type { VNode } from "preact";
import { subjectOf } from "../../islands/event_row.tsx";
import { SEVERITY_MARKS } from "../../lib/words/alarms.ts";
import { aboutType, type LoggedEvent } from "../../lib/events/event.ts";
import { placeOf } from "../../lib/events/place.ts";
import { MINUTE_MS } from "../../lib/words/times.ts";
import { hrefWith, machineEventsHref, machineHref } from "../frame/links.ts";
import { Answer, Crumbs, Fact, Facts, More } from "../frame/parts.tsx";
import { localText } from "../frame/range.ts";
import { Ago, Exact } from "../frame/times.tsx";
import { type Route, route } from "../http/route.ts";
import type { EventPageParts } from "./page.tsx";
import { eventParams, findEvent } from "./request.ts";

/** What else happened is looked for so long before and after. */
const AROUND_MS = 5 * MINUTE_MS;

/** `/events/:id`: one event with what it was about. */
export function eventPage(parts: EventPageParts): Route[] {
  return [
    route({
      method: "get",
      path: "/events/:id",
      policy: "viewer",
      summary: null,
      params: eventParams,
      handler: async ({ c, who, params: { id }, nowMs }) => {
        const event = await findEvent(parts, Number(id), who);
        return parts.frame.answer(c, who, {
          title: event.text,
          place: "/events",
          content: <Content event={event} nowMs={nowMs} zone={parts.zone} />,
        });
      },
    }),
  ];
}

function Content(
  { event, nowMs, zone }: { event: LoggedEvent; nowMs: number; zone: string },
): VNode {
  const { type, severity, text, subject, actor, tMs, body } = event;
  const { machine, sensor } = placeOf(event);
  const about = subjectOf(subject);
  const around = hrefWith("/events", {
    from: localText(tMs - AROUND_MS, zone),
    to: localText(tMs + AROUND_MS + MINUTE_MS, zone),
  });
  return (
    <>
      <Crumbs>
        <a href="/events">Events</a>
      </Crumbs>
      <Answer>{text}</Answer>
      <section class="card" aria-label="What happened">
        <Facts>
          <Fact name="When">
            <Exact tMs={tMs} zone={zone} /> (<Ago tMs={tMs} nowMs={nowMs} zone={zone} />)
          </Fact>
          <Fact name="Severity">
            <span class={`alarm-severity ${severity}`}>
              <span aria-hidden="true">{SEVERITY_MARKS[severity]}</span> {severity}
            </span>
          </Fact>
          <Fact name="What">
            {aboutType(type)} <a href={hrefWith("/events", { type })}>{type}</a>
          </Fact>
          <Fact name="By">
            {actor === null ? "Perch" : <a href={hrefWith("/events", { actor })}>{actor}</a>}
          </Fact>
          <Fact name="About">
            {about === null ? subject : <a href={about.href}>{subject}</a>}
          </Fact>
          {machine !== null && (
            <Fact name="Machine">
              <a href={machineHref(machine)}>{machine}</a>
            </Fact>
          )}
          {sensor !== null && <Fact name="Sensor">{sensor}</Fact>}
        </Facts>
      </section>
      {body !== null && (
        <section class="card" aria-labelledby="then">
          <h2 id="then">As it was then</h2>
          <div class="scroll" tabIndex={0} role="region" aria-label="Body of the event">
            <pre class="event-body">{JSON.stringify(body, null, 2)}</pre>
          </div>
        </section>
      )}
      <More href={around}>What else happened five minutes before and after</More>
      {machine !== null && (
        <More href={machineEventsHref(machine)}>
          All events of this machine
        </More>
      )}
      <More href={hrefWith("/events", { subject })}>All events about {subject}</More>
    </>
  );
}
