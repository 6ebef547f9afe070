import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ListedEvent } from "../lib/events/listed.ts";
import { EventRow } from "./event_row.tsx";
import { now, onEvent, onReset } from "./live.ts";
import { fetchOwn } from "./own.ts";

export interface EventListProps {
  events: ListedEvent[];
  /** Question of the API that gives this list. */
  query: string;
  /** New events may fit: it is the newest page, and its period has not ended. */
  live: boolean;
  nowMs: number;
  zone: string;
}

/** Many come at once: they are asked for together. */
const GATHER_MS = 400;
/** What came so much later than it happened is said to be late: its time stands among later ones. */
const LATE_MS = 60_000;
/** So near to its beginning a page counts as read from there. */
const TOP_PX = 80;

/** In the order in which they were recorded, newest first: which of them happened well before one that is below. */
function lateOnes(events: readonly ListedEvent[]): boolean[] {
  let latestMs = -Infinity;
  const late = (event: ListedEvent) => {
    const isLate = latestMs - event.at_ms > LATE_MS;
    latestMs = Math.max(latestMs, event.at_ms);
    return isLate;
  };
  return events.toReversed().map(late).reverse();
}

/**
 * Events, newest first. New ones are put in where nobody reads further down; else a bar says how many there are,
 * and nothing moves until it is pressed.
 */
export function EventList(props: EventListProps): VNode {
  const [events, setEvents] = useState(props.events);
  const [waiting, setWaiting] = useState<ListedEvent[]>([]);
  const [failed, setFailed] = useState(false);
  const newest = useRef(props.events[0]?.id ?? 0);
  const nowMs = typeof document === "undefined" ? props.nowMs : now.value;

  /** Asks for those that came since, as far as they fit the filter: that is the server's to say. */
  async function look(): Promise<void> {
    const answer = await fetchOwn(`/api/events?${props.query}`).catch(() => null);
    setFailed(!answer?.ok);
    if (!answer?.ok) return;
    const { items }: { items: ListedEvent[] } = await answer.json();
    const fresh = items.filter(({ id }) => id > newest.current);
    if (fresh.length === 0) return;
    newest.current = fresh[0].id;
    if (scrollY <= TOP_PX) setEvents((shown) => [...fresh, ...shown]);
    else setWaiting((before) => [...fresh, ...before]);
  }

  function show(): void {
    setEvents((shown) => [...waiting, ...shown]);
    setWaiting([]);
    scrollTo({ top: 0 });
  }

  useEffect(() => {
    if (!props.live) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const later = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        look();
      }, GATHER_MS);
    };
    const stops = [onEvent(later), onReset(later)];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, []);

  const late = lateOnes(events);
  return (
    <div class="event-list">
      <div class="event-news" role="status">
        {waiting.length > 0 && (
          <button type="button" class="primary small" onClick={show}>
            {waiting.length === 1 ? "1 new event" : `${waiting.length} new events`}
          </button>
        )}
        {failed && (
          <button type="button" class="small" onClick={look}>
            New events could not be loaded: try again
          </button>
        )}
      </div>
      {events.length > 0 && (
        <section class="card" aria-label="Events">
          <ol class="events">
            {events.map((event, i) => (
              <EventRow
                key={event.id}
                event={event}
                late={late[i]}
                nowMs={nowMs}
                zone={props.zone}
              />
            ))}
          </ol>
        </section>
      )}
    </div>
  );
}
