/** What is known of a poll from one asking to the next. Pure. */
import type { PollFault } from "./kinds/kind.ts";

/** One asking, or one word of a heartbeat, and what came of it. */
export interface Check {
  tMs: number;
  /** `trying`: it failed, and not often enough in a row to be down. */
  state: "up" | "trying" | "down";
  /** Null: not measured. */
  responseMs: number | null;
  /** What came of it, a sentence without a final stop. Empty: not known any more. */
  detail: string;
}

/** What came of an asking. */
export interface Outcome {
  tMs: number;
  responseMs: number | null;
  detail: string;
  /** Null: it is up. */
  fault: PollFault | null;
}

export interface Track {
  /** Null: not known yet. */
  up: boolean | null;
  /** Since when it is so. */
  sinceMs: number | null;
  /** In a row. */
  failures: number;
  /** Oldest first, `CHECKS_KEPT` at most. */
  checks: readonly Check[];
  /** The latest; null: there was none since the start. */
  last: Outcome | null;
}

export const CHECKS_KEPT = 50;

export const NEW_TRACK: Track = { up: null, sinceMs: null, failures: 0, checks: [], last: null };

/** The track after an asking; `news` when it went up or down. */
export function after(
  track: Track,
  outcome: Outcome,
  downAfter: number,
): { track: Track; news: "up" | "down" | null } {
  const { tMs, responseMs, detail, fault } = outcome;
  // Nothing was asked, so nothing is known.
  if (fault === "unallowed") {
    return { track: { ...track, failures: 0, last: outcome }, news: null };
  }
  const failures = fault === null ? 0 : track.failures + 1;
  // One that is down stays so until it answers.
  const isDown = fault !== null && (track.up === false || failures >= downAfter);
  const up = fault === null ? true : isDown ? false : track.up;
  const state = fault === null ? "up" : isDown ? "down" : "trying";
  const changed = up !== track.up;
  const checks = [...track.checks, { tMs, state, responseMs, detail } as const];
  return {
    track: {
      up,
      sinceMs: changed ? tMs : track.sinceMs,
      failures,
      checks: checks.slice(-CHECKS_KEPT),
      last: outcome,
    },
    news: changed && up !== null ? (up ? "up" : "down") : null,
  };
}

/** Nobody was asked, because an admin has to allow it first. */
export const isUnallowed = ({ last }: Track): boolean => last?.fault === "unallowed";

/** What was known before Perch was started, with what has come since. */
export function resumed(
  track: Track,
  known: { up: boolean; sinceMs: number; detail: string } | null,
  earlier: readonly Check[],
): Track {
  const checks = [...earlier, ...track.checks].slice(-CHECKS_KEPT);
  if (known === null || track.last !== null) return { ...track, checks };
  const { up, sinceMs, detail } = known;
  const fault = up ? null : "missed";
  return { ...track, up, sinceMs, checks, last: { tMs: sinceMs, responseMs: null, detail, fault } };
}

/** By when a heartbeat has to report, of when it did last; a beat while Perch was off may have been lost. */
export function dueMs(
  { heardMs, startedMs, everyMs, graceMs }: {
    /** Null: never. */
    heardMs: number | null;
    startedMs: number;
    everyMs: number;
    graceMs: number;
  },
): number {
  const isKnown = heardMs !== null && heardMs + everyMs > startedMs;
  return (isKnown ? heardMs : startedMs) + everyMs + graceMs;
}
