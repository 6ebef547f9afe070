import { HOUR_MS, MINUTE_MS } from "../words/times.ts";

const SECOND_MS = 1000;

/** Waits between the tries of one delivery: about a day in all, then it is a dead letter. */
export const RETRY_STEPS_MS: readonly number[] = [
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  8 * HOUR_MS,
  8 * HOUR_MS,
];
/** A receiver may ask for a longer wait, up to this. */
const MOST_ASKED_MS = 24 * HOUR_MS;

/**
 * Wait before a delivery's next try, after `tries` that failed; null: there is none any more. Spread by a fifth
 * so that what failed together does not come back together. `askedMs` is what the receiver asked for.
 */
export function retryWaitMs(
  tries: number,
  random: () => number,
  askedMs = 0,
): number | null {
  const step = RETRY_STEPS_MS[tries - 1];
  if (step === undefined) return null;
  const spread = step * (0.8 + 0.4 * random());
  return Math.round(Math.max(spread, Math.min(askedMs, MOST_ASKED_MS)));
}

const FIRST_REST_MS = 5 * SECOND_MS;
const MOST_REST_MS = MINUTE_MS;
const MOST_ASKED_REST_MS = HOUR_MS;

/**
 * How long a whole channel rests after so many failures in a row: a server that is down is asked once a
 * minute, however many messages wait for it.
 */
export function restMs(failures: number, random: () => number, askedMs = 0): number {
  const step = Math.min(FIRST_REST_MS * 2 ** (failures - 1), MOST_REST_MS);
  const spread = step * (0.8 + 0.2 * random());
  return Math.round(Math.max(spread, Math.min(askedMs, MOST_ASKED_REST_MS)));
}
