import type { Clock } from "../../base/clock.ts";
import { messageOf, PerchError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { createWake } from "../../base/wake.ts";
import type { PolledValue, PollKind, PollSession } from "./kinds/kind.ts";
import { type Asked, askOnce } from "./ask.ts";
import { pollErrorOf } from "./fault.ts";
import type { Poll } from "./poll.ts";
import { after, type Check, isUnallowed, NEW_TRACK, resumed, type Track } from "./track.ts";

/** What keeps one poll: its loop, and what is known of it. */
export interface Watch {
  run(signal: AbortSignal): Promise<void>;
  state(): WatchState;
  /** Asks now, or waits for the asking under way; null for what is not asked but reports. */
  askNow: (() => Promise<Asked>) | null;
  /** It reports; null for what is asked. Resolves once it is stored. */
  beat: ((beat: Beat) => Promise<void>) | null;
}

export interface WatchState {
  /** What was known of it from before has been read. */
  ready: boolean;
  track: Track;
  /** When it is asked next, or has to report. */
  nextMs: number | null;
  /** Why nothing is asked; null: it is. */
  held: string | null;
  /** Why its readings could not be stored; null: they were. */
  unstored: string | null;
}

/** What a heartbeat says. */
export interface Beat {
  up: boolean;
  /** Empty: nothing. */
  message: string;
  /** How long its job took, where it says so. */
  responseMs: number | null;
}

export interface WatchDeps {
  clock: Clock;
  log: Log;
  /** 0…1. */
  random(): number;
  /** Why nothing is asked at the moment; null: it is. */
  held(): string | null;
  /** Commits what came of it. */
  store(poll: Poll, values: readonly PolledValue[], tMs: number): Promise<void>;
  /** It went up or down. */
  onNews(poll: Poll, news: "up" | "down", track: Track): Promise<void>;
  /** What is known of it from before. */
  known(poll: Poll): Promise<Known>;
  /** Opens what it is asked by. */
  open(poll: Poll, kind: PollKind): PollSession;
  /** Only so many are asked at a time. */
  inTurn<T>(run: () => Promise<T>): Promise<T>;
}

export interface Known {
  since: { up: boolean; sinceMs: number; detail: string } | null;
  earlier: readonly Check[];
}

/** All that are due after a start are asked within this, not at once. */
const SPREAD_MS = 5_000;
/** One that fails is asked as often until it counts as down, and one that was passed over until it is not. */
const RETRY_MS = 60_000;
const JITTER = 0.02;

/** Keeps what is known, stores it, and says when it changes. */
export function createKeeper(
  poll: Poll,
  { log, store, onNews, known }: WatchDeps,
  before: Track | null,
) {
  let track = before ?? NEW_TRACK;
  // It may have been allowed: it is asked anew.
  if (isUnallowed(track)) track = { ...track, last: null };
  let ready = before !== null;
  let unstored: string | null = null;
  return {
    state: () => ({ ready, track, unstored }),
    async resume(): Promise<void> {
      if (before !== null) return;
      try {
        const { since, earlier } = await known(poll);
        track = resumed(track, since, earlier);
      } catch (error) {
        log.warn(`what was known of the probe ${poll.name} could not be read`, { error });
      }
      ready = true;
    },
    /** @throws what `store` throws, after all else was done */
    async take(asked: Asked, downAfter: number): Promise<void> {
      const { track: next, news } = after(track, asked, downAfter);
      track = next;
      if (news !== null) await onNews(poll, news, track);
      const values = valuesOf(asked, track);
      try {
        if (values.length > 0) await store(poll, values, asked.tMs);
        unstored = null;
      } catch (error) {
        unstored = messageOf(error);
        throw error;
      }
    },
  };
}

/** `up` says whether it is down, so a try that fails says nothing of it. */
function valuesOf({ values, responseMs, fault }: Asked, { up }: Track): PolledValue[] {
  const isKnown = fault === null || up === false && fault !== "unallowed";
  return [
    ...isKnown ? [{ sensor: "up", value: fault === null }] : [],
    ...responseMs === null ? [] : [{ sensor: "response time", value: responseMs, unit: "ms" }],
    ...values,
  ];
}

/** Asks a poll again and again, one asking at a time. */
export function createAsking(
  poll: Poll,
  kind: PollKind,
  deps: WatchDeps,
  before: Track | null,
): Watch {
  const { clock, log, random } = deps;
  const { every_s, timeout_s, down_after } = poll.settings;
  const keeper = createKeeper(poll, deps, before);
  const wake = createWake(clock);
  let session: PollSession | null = null;
  let nextMs: number | null = null;
  let asked: PromiseWithResolvers<Asked> | null = null;

  async function close(): Promise<void> {
    const open = session;
    session = null;
    await open?.close().catch((error) =>
      log.debug(`the probe ${poll.name} was not closed well`, { error: messageOf(error) })
    );
  }

  async function ask(signal: AbortSignal): Promise<Asked> {
    try {
      session ??= deps.open(poll, kind);
    } catch (error) {
      const { code, message } = pollErrorOf(error);
      const tMs = clock.now();
      return { tMs, responseMs: null, detail: message, fault: code, values: [], hangs: false };
    }
    const result = await askOnce(session, timeout_s * 1_000, { clock, signal });
    if (result.hangs) void close();
    return result;
  }

  async function round(signal: AbortSignal): Promise<void> {
    if (deps.held() !== null && asked === null) return;
    const result = await deps.inTurn(() => ask(signal));
    if (signal.aborted) return;
    const waits = asked;
    asked = null;
    await keeper.take(result, down_after).catch((error) =>
      log.debug(`readings of the probe ${poll.name} are given up`, { error: messageOf(error) })
    );
    waits?.resolve(result);
  }

  function gapMs(): number {
    const { track } = keeper.state();
    const { up, failures } = track;
    const everyMs = every_s * 1_000;
    const isTrying = deps.held() !== null || isUnallowed(track) || failures > 0 && up !== false;
    return (isTrying ? Math.min(everyMs, RETRY_MS) : everyMs) *
      (1 - JITTER + 2 * JITTER * random());
  }

  return {
    state: () => ({ ...keeper.state(), nextMs, held: deps.held() }),
    beat: null,
    askNow() {
      asked ??= Promise.withResolvers<Asked>();
      wake.now();
      return asked.promise;
    },
    async run(signal) {
      try {
        await keeper.resume();
        let dueMs = clock.monotonic() + random() * Math.min(SPREAD_MS, every_s * 1_000);
        for (;;) {
          nextMs = clock.now() + Math.max(0, dueMs - clock.monotonic());
          await wake.sleep(dueMs - clock.monotonic(), signal);
          const begunMs = clock.monotonic();
          await round(signal);
          dueMs = Math.max(begunMs + gapMs(), clock.monotonic());
        }
      } finally {
        nextMs = null;
        asked?.reject(
          new PerchError("unavailable", `${poll.name} was stopped or changed meanwhile`),
        );
        asked = null;
        await close();
      }
    },
  };
}
