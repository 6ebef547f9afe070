/**
 * The one clock of a running Perch: the host's, as far as that can be believed (`trusted_time.ts`).
 *
 * - `now()` is what is recorded and shown. It follows the host, also back by an hour; while the host's clock
 *   cannot be right it continues from the trusted time.
 * - `trustedMs()` never jumps by more than a day: lives of sign-ins, links and keys are judged by it.
 * - `deletionMs()` is what every deletion by age counts from.
 * - `unsynchronised(true)` says that no time server has set the host's clock yet: what arrives meanwhile is marked.
 * - `arrival()` is the time of what comes without one. It never goes back within a day of what was given
 *   before, so that readings keep the order in which they came.
 */
import type { Clock } from "./clock.ts";
import {
  type ClockDoubt,
  DAY_MS,
  doubtOf,
  firstTrusted,
  isPlausible,
  stepTrusted,
  type TrustedTime,
} from "./trusted_time.ts";

/** The time of something that arrives now. */
export interface Arrival {
  tMs: number;
  /** The host's clock could not be right, or has jumped and is not trusted yet. */
  suspect: boolean;
}

export interface ClockState {
  hostMs: number;
  nowMs: number;
  trustedMs: number;
  /** How far the host's clock is ahead of the trusted time: so much of deletion by age waits. */
  waitingMs: number;
  doubt: ClockDoubt;
  /** No time server has set the host's clock yet. */
  unsynchronised: boolean;
}

export interface SteadyClock extends Clock {
  trustedMs(): number;
  /** Never ahead of the trusted time, nor of the host's. */
  deletionMs(): number;
  arrival(): Arrival;
  state(): ClockState;
  /** The host's clock waits to be set: arrivals are suspect meanwhile. */
  unsynchronised(waits: boolean): void;
  /** Takes up what an earlier run kept; `evidenceMs` as in `firstTrusted`. */
  load(stored: TrustedTime | null, evidenceMs: number | null): void;
  /** What to keep. */
  kept(): TrustedTime;
  /**
   * What to keep and `load` when a person says that the host's clock is right; null when it is outside what a
   * clock can show.
   */
  confirmed(): TrustedTime | null;
}

/** After a step back of more than a day the order of arrival is kept for this long; then the time counts. */
const HOLD_MS = 3_600_000;
/** The smallest step back that is worth a flag. */
const NOTABLE_MS = 1_000;

export function createSteadyClock(host: Clock): SteadyClock {
  let time = firstTrusted(host.now(), null);
  let steppedMs = host.monotonic();
  let arrivalMs = -Infinity;
  let arrivedMs = steppedMs;
  let heldMs = 0;
  let waits = false;

  function step(): number {
    const hostMs = host.now();
    const processMs = host.monotonic();
    time = stepTrusted(time, hostMs, processMs - steppedMs);
    steppedMs = processMs;
    return hostMs;
  }

  const followed = (hostMs: number) => doubtOf(time, hostMs) === null ? hostMs : time.trustedMs;

  return {
    sleep: host.sleep,
    monotonic: host.monotonic,
    now: () => Math.floor(followed(step())),
    trustedMs() {
      step();
      return Math.floor(time.trustedMs);
    },
    deletionMs() {
      const hostMs = step();
      return Math.floor(Math.min(time.trustedMs, hostMs));
    },
    arrival() {
      const hostMs = step();
      const targetMs = followed(hostMs);
      const elapsedMs = steppedMs - arrivedMs;
      arrivedMs = steppedMs;
      const backMs = arrivalMs - targetMs;
      heldMs = backMs > DAY_MS ? heldMs + elapsedMs : 0;
      // Half as fast as time: the host catches up, and the order stays.
      arrivalMs = backMs > 0 && heldMs < HOLD_MS
        ? Math.max(targetMs, arrivalMs + elapsedMs / 2)
        : targetMs;
      const suspect = waits || targetMs !== hostMs || hostMs > time.trustedMs + DAY_MS ||
        arrivalMs - targetMs > NOTABLE_MS;
      return { tMs: Math.floor(arrivalMs), suspect };
    },
    state() {
      const hostMs = step();
      return {
        hostMs,
        nowMs: Math.floor(followed(hostMs)),
        trustedMs: Math.floor(time.trustedMs),
        waitingMs: isPlausible(hostMs) ? Math.max(0, Math.floor(hostMs - time.trustedMs)) : 0,
        doubt: doubtOf(time, hostMs),
        unsynchronised: waits,
      };
    },
    unsynchronised(on) {
      waits = on;
    },
    load(stored, evidenceMs) {
      time = stored ?? firstTrusted(host.now(), evidenceMs);
      steppedMs = host.monotonic();
      arrivalMs = -Infinity;
      step();
    },
    kept() {
      step();
      return { ...time };
    },
    confirmed() {
      const hostMs = step();
      return isPlausible(hostMs)
        ? { ...time, trustedMs: hostMs, stoodMs: 0, unprovenMs: 0, known: true }
        : null;
    },
  };
}
