/**
 * Since when Perch has been listening without a break, by the host's clock. After a start, a time without the
 * broker, a host that slept or a clock that was set, nobody is called silent until they had time to speak.
 */
import type { Clock } from "../base/clock.ts";

/** The host's clock went this much further or less than the process has waited: it slept, or was set. */
const JUMP_MS = 60_000;
/** Asked by every sensor each second; looked at no more often than this. */
const LOOK_MS = 500;

export interface Hearing {
  sinceMs(): number;
}

/** `listening`: every source can be reached at the moment. */
export function createHearing(
  { clock, listening }: { clock: Clock; listening: () => boolean },
): Hearing {
  let wallMs = clock.now(), processMs = clock.monotonic();
  let sinceMs = wallMs;
  let lookedMs = -Infinity;
  return {
    sinceMs() {
      const nowMs = clock.now(), nowProcessMs = clock.monotonic();
      const jumpMs = nowMs - wallMs - (nowProcessMs - processMs);
      wallMs = nowMs;
      processMs = nowProcessMs;
      if (Math.abs(jumpMs) >= JUMP_MS) sinceMs = nowMs;
      if (nowProcessMs - lookedMs < LOOK_MS) return sinceMs;
      lookedMs = nowProcessMs;
      if (!listening()) sinceMs = nowMs;
      return sinceMs;
    },
  };
}
