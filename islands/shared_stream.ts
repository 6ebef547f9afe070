/**
 * A page's part in the one event stream of its browser, which a shared worker holds (`stream_share.ts`). Where there
 * is no such worker, or it does not answer, the page has a stream of its own (`own_stream.ts`).
 */
import { createOwnStream } from "./own_stream.ts";
import type { PageStream, StreamHearer } from "./page_stream.ts";
import type { PageSays, WorkerSays } from "./stream_share.ts";

/** A worker that starts on a busy host takes a while; one that says nothing for longer is not there. */
const FIRST_WORD_MS = 5_000;
const ASK_MS = 10_000;

/** `worker` is the address of its script; undefined where there is none. */
export function createPageStream(
  worker: string | undefined,
  ask: Readonly<Record<string, string>>,
  hearer: StreamHearer,
): PageStream {
  const own = () => createOwnStream(new URLSearchParams(ask).toString(), hearer);
  const port = worker === undefined ? null : portOf(worker, ask.person, () => alone());
  if (port === null) return own();

  /** Not null: the worker is of no use, and this page has its own stream. */
  let instead: PageStream | null = null;
  let isOpen = false;
  let lastId = "";
  let silence: ReturnType<typeof setTimeout> | undefined;
  let asking: ReturnType<typeof setInterval> | undefined;

  const say = (message: PageSays) => port.postMessage(message);

  function alone(): void {
    if (instead !== null) return;
    stop();
    port?.close();
    instead = own();
    if (isOpen) instead.open(lastId);
  }

  function waitForWord(): void {
    silence ??= setTimeout(alone, FIRST_WORD_MS);
  }

  function stop(): void {
    clearInterval(asking);
    clearTimeout(silence);
    silence = undefined;
  }

  port.onmessage = ({ data }: MessageEvent<WorkerSays>) => {
    clearTimeout(silence);
    silence = undefined;
    if (!isOpen || instead !== null) return;
    if (data.says === "event") {
      lastId = data.id;
      hearer.event(data.type, data.id, data.data);
    } else if (data.says === "here") lastId = data.id ?? lastId;
    else if (data.says === "lost") hearer.lost();
    else if (data.says === "signed-out") hearer.signedOut();
    else if (data.says === "unknown") say({ says: "join", ask, lastId });
    else if (data.says === "alone") alone();
  };

  return {
    open(after) {
      lastId = after;
      isOpen = true;
      if (instead !== null) return instead.open(after);
      stop();
      say({ says: "join", ask, lastId });
      say({ says: "here" });
      waitForWord();
      asking = setInterval(() => {
        say({ says: "here" });
        waitForWord();
      }, ASK_MS);
    },
    close() {
      isOpen = false;
      if (instead !== null) return instead.close();
      stop();
      say({ says: "leave" });
    },
  };
}

/** Each person who signs in here has a worker of their own: it says who is meant by its name. */
function portOf(
  address: string,
  person: string | undefined,
  onFailed: () => void,
): MessagePort | null {
  if (typeof SharedWorker === "undefined") return null;
  try {
    const worker = new SharedWorker(address, { type: "module", name: person ?? "" });
    worker.onerror = onFailed;
    return worker.port;
  } catch {
    return null;
  }
}
