/** What is said of remaining life that machines of the same kind teach. */
import { span } from "../../words/times.ts";
import type { FleetModel } from "../life/fleet/fleet.ts";
import type { Kind } from "./fleet_lives.ts";
import type { FleetNote, TrendNote } from "./shapes.ts";

/** Lives of a kind that have to have ended. */
export const FAILED_LEAST = 10;

type Guess = ReturnType<typeof import("../life/fleet/fleet.ts").guessLife>;
type Unknown = TrendNote & { known: false };

export const unknown = (why: string): Unknown => ({ known: false, text: `unknown: ${why}` });

/** Too few of them have failed. */
export function tooFew({ called }: Pick<Kind, "called">, failed: number): Unknown {
  const those = called === null ? "with the same sensors" : `tagged kind:${called}`;
  const known = failed === 1 ? "1 is" : `${failed} are`;
  return unknown(`it takes ten failures of machines ${those}, and ${known} known so far`);
}

/** Enough have failed, and there is no model of them. */
export function notLearned(failed: number, refusal: string | undefined): Unknown {
  return unknown(
    refusal === undefined
      ? `what the ${failed} failures of such machines teach is being learned`
      : `the ${failed} failures of such machines taught nothing: ${refusal}`,
  );
}

/** A guess in words, with its interval, or why there is none. */
export function noteOf(
  guess: Guess,
  { lives, longest }: FleetModel,
  stepMs: number,
): FleetNote | Unknown {
  const those = `the ${lives} machines of this kind that failed`;
  if (!guess.known) {
    const why = {
      too_short: `it has not run long enough to be compared with ${those}`,
      too_old: `it has run longer than any of ${those} (${span(longest * stepMs)})`,
      unlike: `it runs unlike ${those}`,
    };
    return unknown(why[guess.why]);
  }
  const [remainingMs, lowMs, highMs] = [guess.rows, guess.low, guess.high].map((r) => r * stepMs);
  const open = !Number.isFinite(highMs);
  const about = open
    ? `at least ${span(lowMs)} left in 8 of 10 cases`
    : `about ${span(remainingMs)} left, ${span(lowMs)} to ${span(highMs)} in 8 of 10 cases`;
  return {
    known: true,
    text: `${about}, as with ${those}`,
    machines: lives,
    remainingMs,
    lowMs,
    highMs: open ? null : highMs,
    confidence: open ? 0.5 : 1 / (1 + (highMs - lowMs) / Math.max(stepMs, remainingMs)),
  };
}
