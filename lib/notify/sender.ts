/**
 * DESIGN. One worker per channel, one message at a time in each: a receiver that takes a minute holds up its
 * own channel and no other, and what is under way is bounded by the number of channels. A try is written down
 * before it is made, so a crash in between makes it again, with the same uid. Everything is read from the
 * database when it is its turn: no queue in memory.
 *
 * A delivery has its own schedule of tries (about a day). Beside it, a failing channel rests as a whole, so that
 * five hundred messages for a server that is down ask it once a minute and not five hundred times; when it is
 * back, what waits for it is tried at once.
 */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { SqlStatement } from "../db/client.ts";
import { restMs, retryWaitMs } from "./backoff.ts";
import type { Outcome } from "./channel.ts";
import type { Delivery, DeliveryState } from "./delivery.ts";
import type { DigestStore } from "./digest_store.ts";
import type { SendingStore } from "./sending_store.ts";
import { createWake } from "../base/wake.ts";

export interface SenderDeps {
  outbox: SendingStore;
  digests: Pick<DigestStore, "close">;
  clock: Clock;
  log: Log;
  random?: () => number;
  /** What every channel is like at the moment. */
  channel: (id: string) => SendingChannel | null;
  /** Makes the message and sends it once; what goes wrong is an outcome. */
  send: (delivery: Delivery, signal: AbortSignal) => Promise<Outcome>;
  /** Keeps how a channel is doing: the statements belong into the transaction, the rest takes effect after it. */
  note: (id: string, outcome: Outcome, tMs: number) => { statements: SqlStatement[]; done(): void };
  /** Something became of a delivery. */
  onDelivery: (delivery: Delivery) => void;
}

/** A channel as its worker sees it. */
export interface SendingChannel {
  enabled: boolean;
  /** Least time between two sends. */
  intervalMs: number;
}

export interface Sender {
  /** Starts a worker for the channel; a second call changes nothing. */
  start(id: string): void;
  /** Ends the worker; what is under way is cut short and is sent again later. */
  end(id: string): Promise<void>;
  /** Something new may be due; none named: on every channel. */
  wake(id?: string): void;
  stop(): Promise<void>;
}

const IDLE_MS = 60_000;
const DIGEST_LOOK_MS = 1_000;
/** After a fault of its own, e.g. a database that does not answer. */
const FAULT_MS = 2_000;

export function createSender(deps: SenderDeps): Sender {
  const { outbox, digests, clock, log } = deps;
  const random = deps.random ?? Math.random;
  const workers = new Map<string, Worker>();
  /** When each channel's digests were looked for. */
  const lookedMs = new Map<string, number>();

  interface Worker {
    wake: ReturnType<typeof createWake>;
    abort: AbortController;
    ended: Promise<void>;
  }

  async function run(id: string, { wake, abort }: Pick<Worker, "wake" | "abort">): Promise<void> {
    const { signal } = abort;
    let failures = 0;
    let restUntilMs = 0;
    while (!signal.aborted) {
      try {
        const nowMs = clock.now();
        const channel = deps.channel(id);
        if (channel === null) return;
        const outcome = channel.enabled && nowMs >= restUntilMs
          ? await sendNext(id, nowMs, failures, signal)
          : null;
        if (outcome !== null) {
          // A message that some recipients took says nothing against the channel.
          const failed = outcome.state === "retry" && outcome.remaining === undefined;
          failures = failed ? failures + 1 : 0;
          const asked = failed ? outcome.afterMs : 0;
          const pauseMs = failed ? restMs(failures, random, asked) : channel.intervalMs;
          restUntilMs = clock.now() + pauseMs;
          if (pauseMs > 0) await wake.sleep(pauseMs, signal);
          continue;
        }
        await wake.sleep(await idleMs(id, nowMs, restUntilMs), signal);
      } catch (error) {
        if (signal.aborted) return;
        log.warn("a channel's worker paused", { channel: id, error });
        await clock.sleep(FAULT_MS, signal).catch(() => {});
      }
    }
  }

  async function idleMs(id: string, nowMs: number, restUntilMs: number): Promise<number> {
    if (restUntilMs > nowMs) return restUntilMs - nowMs;
    const nextMs = await outbox.nextDueMs(id, nowMs);
    return nextMs === null ? IDLE_MS : Math.min(nextMs - nowMs, IDLE_MS);
  }

  /** Digests are looked for once a second, and when nothing else is due: each look costs a question. */
  async function nextOf(id: string, nowMs: number): Promise<Delivery | null> {
    const sinceMs = nowMs - (lookedMs.get(id) ?? 0);
    const found = sinceMs >= 0 && sinceMs < DIGEST_LOOK_MS ? await outbox.due(id, nowMs) : null;
    if (found !== null) return found;
    lookedMs.set(id, nowMs);
    await digests.close(id, nowMs);
    return await outbox.due(id, nowMs);
  }

  async function sendNext(
    id: string,
    nowMs: number,
    failures: number,
    signal: AbortSignal,
  ): Promise<Outcome | null> {
    const delivery = await nextOf(id, nowMs);
    if (delivery === null) return null;
    await outbox.begin(delivery, nowMs);
    const startedMs = clock.monotonic();
    const outcome = await deps.send({ ...delivery, tries: delivery.tries + 1 }, signal);
    // Cut short by the end of Perch: it is not known what became of it, so it is sent again.
    signal.throwIfAborted();
    const tookMs = Math.round(clock.monotonic() - startedMs);
    const next = {
      ...nextState(delivery, outcome, clock.now()),
      remaining: outcome.state === "delivered"
        ? null
        : ("remaining" in outcome ? outcome.remaining : undefined) ?? delivery.remaining,
    };
    const noted = deps.note(id, outcome, clock.now());
    await outbox.finish(delivery, {
      outcome: outcome.state,
      answer: outcome.answer,
      atMs: clock.now(),
      tookMs,
      ...next,
    }, noted.statements);
    noted.done();
    deps.onDelivery({
      ...delivery,
      ...next,
      tries: delivery.tries + 1,
      answer: outcome.answer,
      tookMs,
    });
    // Twice in a row: it was the channel, not this one message.
    if (outcome.state === "delivered" && failures > 1) await outbox.hurry(id, clock.now());
    return outcome;
  }

  function nextState(
    delivery: Delivery,
    outcome: Outcome,
    nowMs: number,
  ): { state: DeliveryState; nextMs: number } {
    if (outcome.state === "delivered") return { state: "delivered", nextMs: nowMs };
    if (outcome.state !== "retry") return { state: "failed", nextMs: nowMs };
    const waitMs = retryWaitMs(delivery.tries + 1, random, outcome.afterMs);
    if (waitMs === null) return { state: "failed", nextMs: nowMs };
    return { state: "waiting", nextMs: nowMs + waitMs };
  }

  async function end(id: string): Promise<void> {
    const worker = workers.get(id);
    if (worker === undefined) return;
    workers.delete(id);
    lookedMs.delete(id);
    worker.abort.abort(new DOMException("stopping", "AbortError"));
    await worker.ended;
  }

  return {
    start(id) {
      if (workers.has(id)) return;
      const parts = { wake: createWake(clock), abort: new AbortController() };
      workers.set(id, { ...parts, ended: run(id, parts).catch(() => {}) });
    },
    end,
    wake(id) {
      if (id !== undefined) workers.get(id)?.wake.now();
      else for (const { wake } of workers.values()) wake.now();
    },
    async stop() {
      await Promise.all([...workers.keys()].map(end));
    },
  };
}
