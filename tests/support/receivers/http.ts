/**
 * A local HTTP server that stands for somebody else's service. It speaks the protocol it is given, keeps what it
 * received, and can be told to misbehave as servers do.
 */

export interface ReceivedRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: Headers;
  body: string;
  atMs: number;
}

export interface Answer {
  status: number;
  body?: string | object;
  headers?: Record<string, string>;
}

/** How a service answers, as its documentation says. */
export interface Protocol {
  /** Looks at a request as the service does: what is wrong with it is answered with the service's own error. */
  answer(request: ReceivedRequest): Answer;
  rateLimited: Answer;
  broken: Answer;
  /** An error behind a 200; null where the protocol has no body to lie with. */
  lie: Answer | null;
}

export type Mood =
  | "good"
  | "rate limited"
  | "broken"
  | "lying"
  | "gone"
  /** Never answers. */
  | "silent"
  /** Redirects to itself for ever. */
  | "redirecting"
  /** An answer of 10 MB. */
  | "huge"
  /** Closes the connection without an answer. */
  | "hanging up";

export interface Receiver {
  readonly port: number;
  /** `http(s)://localhost:<port>`, without a trailing slash. */
  readonly url: string;
  readonly received: ReceivedRequest[];
  /** Requests answered with 2xx in the mood `good`. */
  readonly accepted: ReceivedRequest[];
  mood: Mood;
  /** Extra wait before each answer. */
  delayMs: number;
  close(): Promise<void>;
}

const HUGE_BYTES = 10 * 1024 * 1024;

/** Starts it on a free port of loopback; `port` starts it again where it was. */
export function startReceiver(
  protocol: Protocol,
  { tls, port = 0 }: { tls?: { cert: string; key: string }; port?: number } = {},
): Receiver {
  const abort = new AbortController();
  const received: ReceivedRequest[] = [];
  const accepted: ReceivedRequest[] = [];
  const secure = tls === undefined
    ? {}
    : { cert: Deno.readTextFileSync(tls.cert), key: Deno.readTextFileSync(tls.key) };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, signal: abort.signal, onListen() {}, ...secure },
    async (request) => {
      const url = new URL(request.url);
      const one: ReceivedRequest = {
        method: request.method,
        path: url.pathname + url.search,
        headers: request.headers,
        body: await request.text(),
        atMs: Date.now(),
      };
      received.push(one);
      if (receiver.delayMs > 0) await wait(receiver.delayMs, abort.signal);
      return await answerTo(one, request.url);
    },
  );

  async function answerTo(one: ReceivedRequest, own: string): Promise<Response> {
    switch (receiver.mood) {
      case "silent":
        await wait(60_000, abort.signal);
        return new Response(null, { status: 504 });
      case "redirecting":
        return new Response(null, { status: 302, headers: { location: own } });
      case "huge":
        return new Response("x".repeat(HUGE_BYTES), { status: 200 });
      case "hanging up":
        return new Response(new ReadableStream({ start: (c) => c.close() }), {
          headers: { "content-length": "100" },
        });
      case "gone":
        return response({ status: 410, body: "gone" });
      case "rate limited":
        return response(protocol.rateLimited);
      case "broken":
        return response(protocol.broken);
      case "lying":
        return response(protocol.lie ?? protocol.broken);
      case "good": {
        const answer = protocol.answer(one);
        if (answer.status < 300) accepted.push(one);
        return response(answer);
      }
    }
  }

  const scheme = tls === undefined ? "http" : "https";
  const receiver: Receiver = {
    port: server.addr.port,
    url: `${scheme}://localhost:${server.addr.port}`,
    received,
    accepted,
    mood: "good",
    delayMs: 0,
    async close() {
      abort.abort();
      await server.finished;
    },
  };
  return receiver;
}

function response({ status, body, headers }: Answer): Response {
  if (status === 204) return new Response(null, { status, headers });
  return typeof body === "object"
    ? Response.json(body, { status, headers })
    : new Response(body ?? "", { status, headers });
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}

/** The body as JSON; null when it is none. */
export function jsonBody(request: ReceivedRequest): Record<string, unknown> | null {
  try {
    return JSON.parse(request.body);
  } catch {
    return null;
  }
}
