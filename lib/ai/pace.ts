import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";

/** How often one person may ask. */
export interface Pace {
  /** @throws PerchError `rate_limited` with the time to wait */
  take(who: string): void;
}

const PERSONS_MOST = 1_000;
const MINUTE_MS = 60_000;

/** So many a minute for each; nobody waits for what others do. */
export function createPace(
  { clock, perMinute, what }: {
    clock: Pick<Clock, "monotonic">;
    perMinute: number;
    /** `questions`, `analyses`. */
    what: string;
  },
): Pace {
  const taken = new Map<string, number[]>();
  return {
    take(who) {
      const nowMs = clock.monotonic();
      const recent = (taken.get(who) ?? []).filter((tMs) => nowMs - tMs < MINUTE_MS);
      if (recent.length >= perMinute) {
        const retryAfterS = Math.ceil((recent[0] + MINUTE_MS - nowMs) / 1000);
        throw new PerchError(
          "rate_limited",
          `at most ${perMinute} ${what} a minute; try again in ${retryAfterS} s`,
          { retryAfterS },
        );
      }
      taken.delete(who);
      taken.set(who, [...recent, nowMs]);
      if (taken.size > PERSONS_MOST) taken.delete(taken.keys().next().value!);
    },
  };
}
