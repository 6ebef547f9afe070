/**
 * A page's own event stream, where no worker holds one for all pages. Of many visible pages only some hold one
 * (`stream_places.ts`), the others look in every few seconds; each continues where it was.
 */
import { at } from "./own.ts";
import { createRetry, isSignedOut, type PageStream, type StreamHearer } from "./page_stream.ts";
import { openEvents } from "./stream_events.ts";
import { browserChannel, createStreamPlaces } from "./stream_places.ts";

/** A page without a place looks in so often, and stays so long after the stream's hello. */
const VISIT_EVERY_MS = 4_000;
const VISIT_MS = 700;
type Timer = ReturnType<typeof setTimeout> | undefined;

export function createOwnStream(query: string, hearer: StreamHearer): PageStream {
  const places = createStreamPlaces({
    channel: browserChannel(),
    id: Math.random().toString(36),
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  });
  const retry = createRetry();
  let events: { close(): void } | null = null;
  let lastId = "";
  let retryTimer: Timer;
  let visitTimer: Timer;

  function open(): void {
    close();
    const resume = lastId === "" ? "" : `&last_event_id=${encodeURIComponent(lastId)}`;
    const greeted = Promise.withResolvers<number>();
    const opened = events = openEvents(at(`/api/stream?${query}${resume}`), {
      event(type, id, data) {
        lastId = id;
        if (type === "hello") {
          retry.reset();
          greeted.resolve(performance.now());
        }
        hearer.event(type, id, data);
      },
      broken: () => void lost(),
    });
    // Asked for while it opens: what happens meanwhile is not missed. A visit lasts from the stream's hello.
    const stay = places.take(() => {
      if (events === opened) leave();
    });
    Promise.all([stay, greeted.promise]).then(([stays, greetedMs]) => {
      if (events !== opened) return events === null ? places.give() : undefined;
      if (!stays) visitTimer = setTimeout(leave, VISIT_MS - (performance.now() - greetedMs));
    });
  }

  function close(): void {
    clearTimeout(retryTimer);
    clearTimeout(visitTimer);
    events?.close();
    events = null;
    places.give();
  }

  /** Ends a visit: the connection is for others until the next one. */
  function leave(): void {
    close();
    retryTimer = setTimeout(open, VISIT_EVERY_MS * (0.7 + Math.random() * 0.6));
  }

  async function lost(): Promise<void> {
    close();
    hearer.lost();
    const person = new URLSearchParams(query).get("person");
    if (await isSignedOut(person).catch(() => false)) return hearer.signedOut();
    if (events === null) retryTimer = setTimeout(open, retry.next());
  }

  return {
    open(after) {
      lastId = after;
      open();
    },
    close,
  };
}
