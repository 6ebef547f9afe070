import type { VNode } from "preact";
import type { LoggedEvent } from "../../lib/events/event.ts";
import { eventHref, hrefWith } from "../frame/links.ts";
import { More } from "../frame/parts.tsx";
import { Exact } from "../frame/times.tsx";
import type { CameraPageParts } from "./page_parts.tsx";

const SHOWN = 10;

/** As what a camera stands in the log. */
export const cameraSubject = (id: string) => `camera:${id}`;

/** What the log holds of a camera, newest first. */
export async function eventsOf({ events }: CameraPageParts, id: string): Promise<LoggedEvent[]> {
  return (await events.list({ subject: cameraSubject(id), limit: SHOWN })).items;
}

export function CameraEvents(
  { events, id, zone }: { events: readonly LoggedEvent[]; id: string; zone: string },
): VNode {
  return (
    <section class="card" aria-labelledby="happened">
      <h2 id="happened">What happened</h2>
      {events.length === 0
        ? <p class="muted">Nothing that had to be written down.</p>
        : (
          <ol class="camera-events">
            {events.map((event) => (
              <li key={event.id}>
                <Exact tMs={event.tMs} zone={zone} /> <a href={eventHref(event.id)}>{event.text}</a>
                {event.actor !== null && <span class="muted">{` by ${event.actor}`}</span>}
              </li>
            ))}
          </ol>
        )}
      {events.length === SHOWN && (
        <More href={hrefWith("/events", { subject: cameraSubject(id) })}>Older events</More>
      )}
    </section>
  );
}
