/**
 * The one event stream of a browser, for all its pages: a shared worker holds it and hands each page what it asked
 * for. It asks for what all of them want together; a page that wants more, or begins further back than is
 * remembered here, makes it open anew at the older place, and nobody hears anything twice. A page that says nothing
 * for a while is gone. With nobody left there is no stream.
 */
import { createRetry } from "./page_stream.ts";
import { brings, hears, placeOf, type StreamAsk, unionOf } from "./stream_asks.ts";

/** What a page says. `join` says again what was said before, so that a worker that forgot it knows. */
export type PageSays =
  | { says: "join"; ask: StreamAsk; lastId: string }
  | { says: "here" }
  | { says: "leave" };

/** What a page hears. */
export type WorkerSays =
  | { says: "event"; type: string; id: string; data: string }
  /** The page has everything up to `id`, though nothing of it concerned it. */
  | { says: "here"; id?: string }
  | { says: "lost" | "signed-out" | "unknown" | "alone" };

/** A page, as the worker sees it. */
export interface StreamPage {
  tell(message: WorkerSays): void;
}

/** An open connection to `GET /api/stream`. */
export interface Connection {
  close(): void;
}

export interface ShareDeps {
  /** Opens the stream; `broken` is called once, and not after `close`. */
  connect(
    query: string,
    on: { event(type: string, id: string, data: string): void; broken(): void },
  ): Connection;
  /** Asked when the stream broke. */
  isSignedOut(): Promise<boolean>;
  nowMs(): number;
  after(ms: number, run: () => void): () => void;
}

export interface StreamShare {
  hear(page: StreamPage, message: PageSays): void;
  /** Looks for pages that are gone, and for what nobody wants any more; called every few seconds. */
  look(): void;
}

interface Member {
  ask: StreamAsk;
  /** Number of the newest event that it has, or that does not concern it. */
  n: number;
  heardMs: number;
}

/** Events that are remembered for pages that come a moment after they were drawn. */
const REMEMBERED = 300;
const SILENT_MS = 45_000;
/** Between two pages there is nobody for a moment. */
const LINGER_MS = 2_000;
/** So long it may bring more than anybody wants. */
const WIDE_MS = 30_000;
/** So often in a row the stream may be refused, while Perch answers, before pages try alone. */
const REFUSALS = 3;

export function createStreamShare(deps: ShareDeps): StreamShare {
  const members = new Map<StreamPage, Member>();
  const retry = createRetry();
  let open: { connection: Connection; query: string; sinceMs: number } | null = null;
  let boot = "";
  let hello: { data: Record<string, unknown>; atMs: number } | null = null;
  /** Newest event here, and the first place from which all that came is remembered. */
  let newest = -1;
  let rememberedFrom = 0;
  let remembered: { n: number; type: string; id: string; data: string }[] = [];
  let cancelTimer = () => {};
  let refusals = 0;

  const later = (ms: number, run: () => void) => {
    cancelTimer();
    cancelTimer = deps.after(ms, run);
  };
  const tellAll = (message: WorkerSays) => {
    for (const page of members.keys()) page.tell(message);
  };

  function end(): void {
    cancelTimer();
    open?.connection.close();
    open = null;
    hello = null;
    remembered = [];
  }

  /** Opens anew for all that are here, at the place that the last of them has reached. */
  function begin(): void {
    end();
    if (members.size === 0) return;
    const query = unionOf([...members.values()].map(({ ask }) => ask));
    const ns = [...members.values()].map(({ n }) => n);
    const from = boot === "" || ns.includes(-1) ? newest : Math.min(...ns);
    const resume = from < 0 || boot === "" ? "" : `last_event_id=${boot}-${from}`;
    const connection = deps.connect([query, resume].filter((part) => part !== "").join("&"), {
      event: heard,
      broken: () => void broke(),
    });
    open = { connection, query, sinceMs: deps.nowMs() };
  }

  function heard(type: string, id: string, data: string): void {
    const place = placeOf(id);
    if (type === "hello") return greeted(place, data);
    const n = place?.n ?? -1;
    if (type !== "reset") {
      remembered.push({ n, type, id, data });
      if (remembered.length > REMEMBERED) rememberedFrom = remembered.shift()!.n;
    }
    newest = Math.max(newest, n);
    for (const [page, member] of members) {
      if (type !== "reset" && n <= member.n) continue;
      member.n = n;
      if (type === "reset" || hears(member.ask, type)) {
        page.tell({ says: "event", type, id, data });
      }
    }
  }

  function greeted(place: ReturnType<typeof placeOf>, data: string): void {
    retry.reset();
    refusals = 0;
    hello = { data: JSON.parse(data), atMs: deps.nowMs() };
    if (place !== null) {
      // Another run of Perch counts from the beginning; what follows is a reset.
      if (place.boot !== boot) { for (const member of members.values()) member.n = place.n; }
      boot = place.boot;
      newest = rememberedFrom = place.n;
    }
    for (const [page, member] of members) {
      if (member.n < 0) member.n = newest;
      greet(page, member);
    }
  }

  /** Says hello as Perch did, with its clock as it is now, at the place where the page stands. */
  function greet(page: StreamPage, { n }: Member): void {
    const { data, atMs } = hello!;
    const now = Number(data.now) + deps.nowMs() - atMs;
    const text = JSON.stringify({ ...data, now });
    page.tell({ says: "event", type: "hello", id: `${boot}-${n}`, data: text });
  }

  async function broke(): Promise<void> {
    const wasGreeted = hello !== null;
    end();
    tellAll({ says: "lost" });
    const signedOut = await deps.isSignedOut().catch(() => null);
    if (open !== null) return;
    if (signedOut === true) {
      tellAll({ says: "signed-out" });
      members.clear();
      return;
    }
    // It answers, and refuses what these pages want together: one of them may want what is gone.
    refusals = signedOut === false && !wasGreeted ? refusals + 1 : 0;
    if (refusals >= REFUSALS && members.size > 1) {
      tellAll({ says: "alone" });
      members.clear();
      refusals = 0;
      return;
    }
    later(retry.next(), begin);
  }

  function join(page: StreamPage, ask: StreamAsk, lastId: string): void {
    const place = placeOf(lastId);
    const isOfRun = place !== null && place.boot === boot;
    const member: Member = { ask, n: isOfRun ? place.n : -1, heardMs: deps.nowMs() };
    members.set(page, member);
    if (open === null || hello === null || !brings(open.query, ask)) {
      // Before the first hello it is not known which run this is: Perch says whether it can go on from there.
      if (boot === "" && place !== null) {
        boot = place.boot;
        member.n = place.n;
      }
      return begin();
    }
    if (place === null) member.n = newest;
    else if (!isOfRun) {
      member.n = newest;
      greet(page, member);
      return page.tell({
        says: "event",
        type: "reset",
        id: `${boot}-${newest}`,
        data: `{"reason":"gone"}`,
      });
    } else if (member.n < rememberedFrom) return begin();
    greet(page, member);
    for (const { n, type, id, data } of remembered) {
      if (n <= member.n || !hears(ask, type)) continue;
      member.n = n;
      page.tell({ says: "event", type, id, data });
    }
    member.n = Math.max(member.n, newest);
  }

  function leave(page: StreamPage): void {
    if (!members.delete(page) || members.size > 0) return;
    later(LINGER_MS, () => {
      if (members.size === 0) end();
    });
  }

  return {
    hear(page, message) {
      if (message.says === "join") return join(page, message.ask, message.lastId);
      if (message.says === "leave") return leave(page);
      const member = members.get(page);
      if (member === undefined) return page.tell({ says: "unknown" });
      member.heardMs = deps.nowMs();
      page.tell({ says: "here", ...(hello === null ? {} : { id: `${boot}-${member.n}` }) });
    },
    look() {
      const nowMs = deps.nowMs();
      for (const [page, { heardMs }] of members) if (nowMs - heardMs > SILENT_MS) leave(page);
      if (open === null || hello === null || members.size === 0) return;
      if (nowMs - open.sinceMs < WIDE_MS) return;
      if (unionOf([...members.values()].map(({ ask }) => ask)) !== open.query) begin();
    },
  };
}
