/** The history server: what is sent to it, what is asked of it, and how it is. */
import type { Clock } from "../base/clock.ts";
import { messageOf } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Outgoing } from "../base/outgoing.ts";
import type { Task } from "../base/supervisor.ts";
import { createWake } from "../base/wake.ts";
import type { Sensor } from "../machines/sensor.ts";
import type { ReadingsStore } from "../readings/store.ts";
import { DAY_MS, MINUTE_MS } from "../words/times.ts";
import { createBeyond, type HistoryReadings } from "./beyond.ts";
import type { HistoryStore } from "./history_store.ts";
import { createKnown } from "./known.ts";
import { createRewriting } from "./rewriting.ts";
import { createSender, SETTLE_MS } from "./sender.ts";
import {
  createHistoryServer,
  HistoryError,
  type HistoryPlace,
  type HistoryServer,
  keptFor,
  type ServerFacts,
} from "./server.ts";

export interface HistoryState {
  health: "ok" | "degraded" | "error" | "off";
  /** A sentence for people. */
  detail: string;
  /** Null: there is none. */
  url: string | null;
  /** Since when it does not do what it should; null: it does. */
  failingSinceMs: number | null;
  /** Readings that were found there. */
  sent: number;
  /** Of the last minute; null: not known. */
  perSecond: number | null;
  facts: ServerFacts | null;
}

export interface HistoryWaiting {
  chunks: number;
  readings: number;
  /** The oldest time of what waits; null: nothing does. */
  oldestMs: number | null;
}

export interface History {
  readonly task: Task;
  /** Answers from the disk, and where that has not everything, from the server. */
  readonly readings: HistoryReadings;
  state(): HistoryState;
  waiting(): Promise<HistoryWaiting>;
  /** What of the readings on the disk may go: all, what was sent, or nothing, as no server ever answered. */
  mayGo(): "all" | "sent" | "none";
  /** Asks the server now. A sentence of what it said. @throws HistoryError */
  test(): Promise<string>;
  /** The address or who Perch is there changed. */
  changed(): void;
}

export interface HistoryDeps {
  clock: Clock;
  log: Log;
  outgoing: Pick<Outgoing, "fetch">;
  readings: ReadingsStore;
  store: HistoryStore;
  /** Tells Perches on one server apart. */
  site: string;
  sensor: (num: number) => Sensor | undefined;
  /** As it is set now; null: there is none. */
  place(): HistoryPlace | null;
  /** See `SenderDeps`. */
  settleMs?: number;
  trusting?: boolean;
  /** For questions. */
  timeoutMs?: number;
}

const IDLE_MS = 5_000;
const FACTS_MS = MINUTE_MS;
const BACKOFF_MS = [2_000, 5_000, 15_000, 30_000];
/** Between two steps, so that the rest of Perch goes on. */
const BREATH_MS = 5;
/** A server that just did not answer is not asked again for so long: pages do not wait for each of their charts. */
const REFUSED_MS = 10_000;

export function createHistory(deps: HistoryDeps): History {
  const { clock, log, store } = deps;
  const settleMs = deps.settleMs ?? SETTLE_MS;
  const known = createKnown(deps.site);
  const shared = { clock, log, readings: deps.readings, store, known, sensor: deps.sensor };
  const sender = createSender({ ...shared, settleMs, trusting: deps.trusting });
  const rewriting = createRewriting({ ...shared, settleMs });
  const wake = createWake(clock);
  const rates: { atMs: number; sent: number }[] = [];
  let server: HistoryServer | null = null;
  let place: HistoryPlace | null = null;
  let facts: ServerFacts | null = null;
  let hasBegun = false;
  let sent = 0;
  let problem: string | null = null;
  let failingSinceMs: number | null = null;
  let unansweredMs = -Infinity;
  /** What was wrong then. */
  let unanswered: string | null = null;
  let failures = 0;

  function failed(error: unknown): string {
    const text = error instanceof HistoryError ? error.message : messageOf(error);
    return `The history server cannot be asked: ${text}.`;
  }

  /** One life with one server, until its address changes or it fails. */
  async function serve(here: HistoryPlace, signal: AbortSignal): Promise<void> {
    const { outgoing, timeoutMs } = deps;
    const own = createHistoryServer({ outgoing, place: here, timeoutMs });
    facts = await own.facts(signal);
    refuse(facts);
    const before = await store.server();
    if (before?.url !== here.url) {
      await store.begin(here.url, clock.now());
      log.info("history goes to another server from now on", { url: here.url });
    }
    await known.load(store);
    hasBegun = true;
    server = own;
    sent = (await store.server())?.sent ?? 0;
    await sender.begin(own, signal);
    let factsMs = clock.monotonic();
    while (isSame(here, deps.place())) {
      const did = await sender.step(own, facts.keepsMs, signal);
      well();
      if (did) {
        note();
        sent = (await store.server())?.sent ?? sent;
        await clock.sleep(BREATH_MS, signal);
        continue;
      }
      if (!sender.isSettling()) {
        if (await rewriting.step(own, signal)) continue;
        await forgetGone(own, signal);
      }
      note();
      if (clock.monotonic() - factsMs >= FACTS_MS) {
        facts = await own.facts(signal);
        refuse(facts);
        factsMs = clock.monotonic();
      }
      await wake.sleep(sender.isSettling() ? Math.min(1_000, settleMs) : IDLE_MS, signal);
    }
  }

  /** Sensors that are no more here go there, too. */
  async function forgetGone(own: HistoryServer, signal: AbortSignal): Promise<void> {
    for (const { sensor, id } of known.all()) {
      if (deps.sensor(sensor) !== undefined) continue;
      if (id !== null) await own.remove({ site: deps.site, sensor_id: id }, signal);
      await store.forgotten(sensor);
      known.forget(sensor);
    }
  }

  function well(): void {
    if (failingSinceMs !== null) log.info("the history server answers again");
    problem = failingSinceMs = null;
    failures = 0;
    unansweredMs = -Infinity;
  }

  function note(): void {
    const atMs = clock.monotonic();
    rates.push({ atMs, sent: sender.sent() });
    while (rates.length > 2 && atMs - rates[1].atMs > MINUTE_MS) rates.shift();
    if (rates.length > 600) rates.splice(1, 1);
  }

  function perSecond(): number | null {
    const [first, last] = [rates[0], rates.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < 1_000) return null;
    return (last.sent - first.sent) / (last.atMs - first.atMs) * 1000;
  }

  function reach(): HistoryServer | null {
    if (place === null) return null;
    if (server === null || clock.monotonic() - unansweredMs < REFUSED_MS) {
      throw new HistoryError(problem ?? unanswered ?? "it has not answered yet");
    }
    return server;
  }

  const task: Task = {
    name: "history server",
    busyMostMs: 10 * MINUTE_MS,
    async run(signal, beat) {
      // What was sent before is known at once, also while the server is away.
      const before = await store.server();
      while (!signal.aborted) {
        place = deps.place();
        if (place === null) {
          server = null;
          beat?.(Infinity);
          await wake.sleep(DAY_MS, signal);
          continue;
        }
        if (!hasBegun && before?.url === place.url) {
          await known.load(store);
          sent = before.sent;
          hasBegun = true;
        }
        try {
          await serve(place, signal);
        } catch (error) {
          if (signal.aborted) throw error;
          problem = error instanceof HistoryError ? error.message : messageOf(error);
          if (failingSinceMs === null) log.warn(`the history server: ${problem}`);
          failingSinceMs ??= clock.now();
          unansweredMs = clock.monotonic();
          const pause = BACKOFF_MS[Math.min(failures++, BACKOFF_MS.length - 1)];
          await wake.sleep(pause, signal);
        }
        rates.length = 0;
      }
    },
  };

  return {
    task,
    readings: createBeyond({
      readings: deps.readings,
      known,
      server: reach,
      visible: sender.visible,
      failed(error) {
        if (!(error instanceof HistoryError)) {
          log.warn("a question to the history server", { error });
        } else if (clock.monotonic() - unansweredMs >= REFUSED_MS) {
          unansweredMs = clock.monotonic();
          unanswered = error.message;
        }
        return failed(error);
      },
    }),
    state() {
      const here = deps.place();
      const common = { sent, perSecond: perSecond(), facts, failingSinceMs };
      if (here === null) {
        return { ...common, health: "off", detail: "No history server is set.", url: null };
      }
      const url = here.url;
      if (problem !== null) {
        return { ...common, health: "degraded", detail: failed(new HistoryError(problem)), url };
      }
      const detail = hasBegun ? "Readings go there." : "It has not answered yet.";
      return { ...common, health: hasBegun ? "ok" : "degraded", detail, url };
    },
    waiting: () => store.waiting(),
    mayGo() {
      if (deps.place() === null) return "all";
      return hasBegun ? "sent" : "none";
    },
    async test() {
      const here = deps.place();
      if (here === null) throw new HistoryError("no address is set");
      const { outgoing, timeoutMs } = deps;
      const found = await createHistoryServer({ outgoing, place: here, timeoutMs }).facts();
      refuse(found);
      const kept = found.keepsMs === null
        ? ""
        : ` It keeps readings for ${keptFor(found.keepsMs)}.`;
      return `It answers, and takes what Perch sends.${kept}`;
    },
    changed: () => wake.now(),
  };
}

/** @throws HistoryError where it would not keep what it is sent */
function refuse({ dropsDuplicates }: ServerFacts): void {
  if (!dropsDuplicates) return;
  throw new HistoryError(
    "it removes readings that stand close together; start it without -dedup.minScrapeInterval",
  );
}

function isSame(a: HistoryPlace, b: HistoryPlace | null): boolean {
  return a.url === b?.url && a.authorization === b.authorization && a.trusted === b.trusted;
}
