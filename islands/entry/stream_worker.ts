/** The shared worker that holds the one event stream of a browser (`stream_share.ts`). */
import { at } from "../own.ts";
import { isSignedOut } from "../page_stream.ts";
import { browserChannel, createStreamPlaces } from "../stream_places.ts";
import { createStreamShare, type PageSays } from "../stream_share.ts";
import { openEvents } from "../stream_events.ts";

const LOOK_MS = 10_000;
// Live pictures leave a connection for it, as they do for a page that holds its own.
const places = createStreamPlaces({
  channel: browserChannel(),
  id: Math.random().toString(36),
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});

const share = createStreamShare({
  connect(query, on) {
    places.take(() => {});
    const events = openEvents(at(`/api/stream?${query}`), on);
    return {
      close() {
        events.close();
        places.give();
      },
    };
  },
  // Its name is the person whose pages it serves.
  isSignedOut: () => isSignedOut(self.name || null),
  nowMs: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
});

addEventListener("connect", (event) => {
  const [port] = (event as MessageEvent).ports;
  const page = { tell: (message: unknown) => port.postMessage(message) };
  port.onmessage = ({ data }: MessageEvent<PageSays>) => share.hear(page, data);
});
setInterval(share.look, LOOK_MS);
