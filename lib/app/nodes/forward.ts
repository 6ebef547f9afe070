import { type PeerRules } from "../../../routes/http/peer.ts";
import { problemResponse } from "../../../routes/http/problem.ts";
import { PACKED_FOR } from "../../../routes/http/static.ts";
import { PerchError } from "../../base/errors.ts";
import type { Fetch } from "../server.ts";

/*
 * DESIGN: a node that has no lease hands every request on to the keeper and its answer back, so that whoever asks
 * gets the same from every node: one memory, one order. Nothing is answered here, so nothing is acknowledged here.
 * While there is no keeper, what only reads waits for the next one; the rest is told to come again, unless it
 * surely did not arrive.
 */

export interface ForwardOptions {
  /** Address of the keeper now; null: none is known. */
  keeper(): string | null;
  /** Who may name the clients that they speak for. */
  peers: PeerRules;
  /** How long what reads waits for a keeper. */
  patienceMs: number;
  /** It stands before the nodes, and each of them may hand on once more. Default: it is one. */
  isProxy?: boolean;
  /** What a person is shown who gets no answer to what they read, or to a form. Default: the problem as it is. */
  page?: (reads: boolean, pathname: string) => Response;
  /** For tests. */
  sleep?: (ms: number) => Promise<void>;
}

/** Of a request that a node handed on: a second node does not hand it on again, and says so by the same in its answer. */
const HOP = "perch-node-hop";
/** A body up to this size is held, so that it can be sent, or asked for, once more where it did not arrive. */
const HELD_BYTES = 1_000_000;
const AGAIN_MS = 150;
const MOVES = "the node that keeps this site changes just now";
/** Requests that wait for a keeper at once. */
const WAITING_MOST = 500;
const RETRY_AFTER_S = 2;
/** Between two neighbours alone. */
const HOP_BY_HOP = [
  ...[
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
  ],
  ...["accept-encoding", HOP],
];

export interface Forward {
  fetch: Fetch;
  /** Another node keeps the site, or none: what still waits for the one before, streams too, is cut off. */
  moved(): void;
  /** Ends what still waits for a keeper or is a stream: whoever asked asks again. */
  cutOff(): void;
  close(): void;
}

/** Hands requests on to the keeper. */
export function createForward(options: ForwardOptions): Forward {
  const { keeper, peers, patienceMs, isProxy = false, page } = options;
  const sleep = options.sleep ?? ((ms) => new Promise((resolve) => setTimeout(resolve, ms)));
  // The client's own Host goes along: what is checked of it is checked there.
  const client = Deno.createHttpClient({ allowHost: true, http2: false, poolMaxIdlePerHost: 64 });
  let waiting = 0;
  let ended = false;
  let underWay = { to: keeper(), ending: new AbortController() };

  /** Ends what waits for another keeper than the present one. One that is paused would never end it. */
  function moved(): void {
    const to = keeper();
    if (to === underWay.to) return;
    underWay.ending.abort();
    underWay = { to, ending: new AbortController() };
  }

  async function handOn(request: Request, from: string, secure: boolean): Promise<Response> {
    if (request.headers.has(HOP)) {
      const answer = unavailable(MOVES);
      answer.headers.set(HOP, "1");
      return answer;
    }
    if (request.headers.get("upgrade")?.toLowerCase() === "websocket") {
      return unavailable("MQTT over WebSocket is answered by the node that keeps this site alone");
    }
    const reads = request.method === "GET" || request.method === "HEAD";
    const { pathname, search } = new URL(request.url);
    const refuse = (why: string) =>
      page !== undefined && wantsPage(request) ? page(reads, pathname) : unavailable(why);
    const headers = headersOf(request, from, secure);
    const body = reads ? null : await bodyOf(request);
    const waits = reads && !pathname.includes("/health");
    const untilMs = performance.now() + patienceMs;
    for (;;) {
      const to = keeper();
      let why = "no node keeps this site at the moment";
      if (to !== null) {
        if (!isProxy) moved();
        const { signal } = underWay.ending;
        try {
          const answer = await fetch(to + pathname + search, {
            ...{ method: request.method, headers, body, client, redirect: "manual" },
            signal: isProxy ? undefined : signal,
          });
          if (!answer.headers.has(HOP)) return await answerOf(answer, isProxy ? null : signal);
          await answer.body?.cancel();
          why = MOVES;
          if (body instanceof ReadableStream) return refuse(why);
        } catch (error) {
          why = "the node that keeps this site does not answer";
          const arrived = !isRefused(error) || body instanceof ReadableStream;
          if (!reads && arrived) return refuse(why);
        }
      }
      const again = !ended && (waits || (!reads && to !== null)) && performance.now() < untilMs &&
        waiting < WAITING_MOST;
      if (!again) return refuse(why);
      waiting++;
      await sleep(AGAIN_MS).finally(() => waiting--);
    }
  }

  function headersOf({ headers }: Request, from: string, secure: boolean): Headers {
    const sent = new Headers(headers);
    for (const name of HOP_BY_HOP) sent.delete(name);
    const trusted = peers.trusted(from);
    const before = headers.get("x-forwarded-for");
    sent.set("x-forwarded-for", trusted && before !== null ? `${before}, ${from}` : from);
    if (!trusted || !headers.has("x-forwarded-proto")) {
      sent.set("x-forwarded-proto", secure ? "https" : "http");
    }
    // What is asked for here would be unpacked here: what the client takes stands beside it.
    sent.set("accept-encoding", "identity");
    const takes = headers.get(PACKED_FOR) ?? headers.get("accept-encoding");
    if (takes !== null) sent.set(PACKED_FOR, takes);
    if (!isProxy) sent.set(HOP, "1");
    return sent;
  }

  return {
    fetch: (request, { remoteAddr, secure = false }) =>
      handOn(request, remoteAddr.transport === "tcp" ? remoteAddr.hostname : "", secure),
    moved,
    cutOff() {
      ended = true;
      underWay.ending.abort();
    },
    close: () => client.close(),
  };
}

/** A small body as bytes, a large one as it comes. */
async function bodyOf(request: Request): Promise<BodyInit | null> {
  if (request.body === null) return null;
  return isSmall(request) ? await request.bytes() : request.body;
}

const isSmall = ({ headers }: Request | Response) =>
  Number(headers.get("content-length") ?? Infinity) <= HELD_BYTES;

/** True when the request surely did not arrive: nobody listened. */
function isRefused(error: unknown): boolean {
  const text = String((error as Error)?.cause ?? "") + String(error);
  return /connection refused|os error 111|tcp connect error/i.test(text);
}

/** A small body is handed on when it is whole: one that is cut off is asked for once more. */
async function answerOf(answer: Response, signal: AbortSignal | null): Promise<Response> {
  const headers = new Headers(answer.headers);
  for (const name of HOP_BY_HOP) headers.delete(name);
  const { status, statusText } = answer;
  const body = signal === null || answer.body === null
    ? answer.body
    : isSmall(answer)
    ? await answer.bytes()
    : endedBy(signal, answer, answer.body);
  return new Response(body, { status, statusText, headers });
}

/**
 * The body of an answer, which ends with `signal`: an event stream as if it were over, anything else with an error, as
 * it is not whole. The signal given to `fetch` would not do: a body that a server is given as it came runs past all
 * scripts, and one whose answer was collected as garbage is not told.
 */
function endedBy(
  signal: AbortSignal,
  { headers }: Response,
  body: ReadableStream<Uint8Array>,
): ReadableStream<Uint8Array> {
  const isEvents = headers.get("content-type")?.startsWith("text/event-stream");
  const reader = body.getReader();
  let cut = () => {};
  const over = () => signal.removeEventListener("abort", cut);
  return new ReadableStream<Uint8Array>({
    start(controller) {
      cut = () => {
        reader.cancel().catch(() => {});
        if (isEvents) controller.close();
        else controller.error(new Error("the node that keeps this site changed meanwhile"));
      };
      signal.addEventListener("abort", cut, { once: true });
    },
    async pull(controller) {
      const read = await reader.read().catch((error: unknown) => ({ error }));
      if (signal.aborted) return;
      if ("error" in read) controller.error(read.error);
      else if (read.done) controller.close();
      else return controller.enqueue(read.value);
      over();
    },
    cancel(reason) {
      over();
      return reader.cancel(reason);
    },
  });
}

/** A browser asks for it: a link, or a form. */
function wantsPage({ headers }: Request): boolean {
  return headers.get("accept")?.includes("text/html") === true;
}

function unavailable(why: string): Response {
  return problemResponse(
    new PerchError("unavailable", `${why}: try again in a moment`, { retryAfterS: RETRY_AFTER_S }),
  );
}
