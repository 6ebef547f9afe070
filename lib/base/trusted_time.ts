/**
 * DESIGN. Which time may be believed? A host clock can be unset (1970), set wrong for years, or set right after
 * having been wrong; a host that was switched off looks the same as one whose clock jumped ahead. The *trusted
 * time* is kept on disk and moves with real time (the monotonic clock). Pure decisions, no effects:
 *
 * - The host is ahead: the trusted time follows by a credit that refills at one day per day and never holds more
 *   than one. Up to a day of lead is accepted at once, the rest at twice the pace of time: after 40 days switched off
 *   all is level 40 days later, and meanwhile old data goes at least as fast as new data comes.
 * - The host is ahead by more than a year: nothing is believed until a person says so.
 * - The host is behind: what was followed by credit and has not stood since is given back at once. Beyond that
 *   the trusted time continues by itself. It falls to the host's only when that has contradicted it for as long as
 *   it stood before (at most 30 days): five wrong minutes at the first start are forgotten after five right ones,
 *   a clock that was right for months outlasts a dead battery.
 * - The host's time is outside 2025 to 2099: it is not looked at.
 */

/** What is kept over a restart. */
export interface TrustedTime {
  trustedMs: number;
  /** So far it may follow a host that is ahead, at once. */
  creditMs: number;
  /** So long host and trusted time agreed; what a host that is behind has to outlast. */
  stoodMs: number;
  /** So much of it was followed by credit and has not stood for as long since. */
  unprovenMs: number;
  /** False until the host's clock was plausible for the first time. */
  known: boolean;
}

/** Why the host's clock is not followed; null: it is. */
export type ClockDoubt = "implausible" | "behind" | "ahead" | null;

export const DAY_MS = 86_400_000;
/** A host that is ahead by more than this is not believed without a person. */
export const AHEAD_MOST_MS = 366 * DAY_MS;
const STOOD_MOST_MS = 30 * DAY_MS;
/** Differences that correcting a running clock makes. */
const AGREES_MS = 60_000;
/** Times that a host's clock can show. One without a clock of its own starts in 1970 or 2000. */
export const HOST_EARLIEST_MS = Date.UTC(2025, 0, 1);
export const HOST_LATEST_MS = Date.UTC(2100, 0, 1);

/** Can this be the time at all? */
export function isPlausible(hostMs: number): boolean {
  return hostMs >= HOST_EARLIEST_MS && hostMs < HOST_LATEST_MS;
}

/**
 * The trusted time of a first start. `evidenceMs`: the newest time that the database itself shows, null when it
 * is new.
 */
export function firstTrusted(hostMs: number, evidenceMs: number | null): TrustedTime {
  const known = isPlausible(hostMs);
  const fresh = known ? hostMs : HOST_EARLIEST_MS;
  const trustedMs = evidenceMs === null || !isPlausible(evidenceMs)
    ? fresh
    : known
    ? Math.min(hostMs, evidenceMs)
    : evidenceMs;
  return {
    trustedMs,
    creditMs: DAY_MS,
    stoodMs: 0,
    unprovenMs: 0,
    known: known || (evidenceMs !== null && isPlausible(evidenceMs)),
  };
}

/** The trusted time `elapsedMs` of real time later, when the host's clock says `hostMs`. */
export function stepTrusted(
  before: TrustedTime,
  hostMs: number,
  elapsedMs: number,
): TrustedTime {
  const trustedMs = before.trustedMs + elapsedMs;
  const creditMs = Math.min(DAY_MS, before.creditMs + elapsedMs);
  const after = { ...before, trustedMs, creditMs };
  if (!isPlausible(hostMs)) return after;
  if (!before.known) return { ...after, trustedMs: hostMs, known: true };
  const leadMs = hostMs - trustedMs;
  if (Math.abs(leadMs) <= AGREES_MS) {
    return {
      ...after,
      trustedMs: hostMs,
      stoodMs: Math.min(STOOD_MOST_MS, before.stoodMs + elapsedMs),
      unprovenMs: Math.max(0, before.unprovenMs - elapsedMs),
    };
  }
  if (leadMs > AHEAD_MOST_MS) return after;
  if (leadMs > 0) {
    const byMs = Math.min(leadMs, creditMs);
    return {
      ...after,
      trustedMs: trustedMs + byMs,
      creditMs: creditMs - byMs,
      unprovenMs: before.unprovenMs + byMs,
    };
  }
  const proven = trustedMs - before.unprovenMs;
  if (before.unprovenMs > 0 && hostMs >= proven - DAY_MS) {
    return { ...after, trustedMs: hostMs, unprovenMs: Math.max(0, hostMs - proven) };
  }
  const leftMs = before.stoodMs - elapsedMs;
  return leftMs > 0
    ? { ...after, stoodMs: leftMs }
    : { ...after, trustedMs: hostMs, stoodMs: 0, unprovenMs: 0 };
}

/** Does the trusted time contradict the host's so much that the host's is no time to go by? */
export function doubtOf({ trustedMs, known }: TrustedTime, hostMs: number): ClockDoubt {
  if (!isPlausible(hostMs)) return "implausible";
  if (!known) return null;
  if (hostMs < trustedMs - DAY_MS) return "behind";
  return hostMs > trustedMs + AHEAD_MOST_MS ? "ahead" : null;
}
