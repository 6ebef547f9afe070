import type { Clock } from "../base/clock.ts";
import { HOUR_MS } from "../words/times.ts";
import { FIRST_MS } from "./task.ts";

/** After so long the schedule had its chance to make up for what was missed. */
const SETTLED_MS = 3 * FIRST_MS;
const JUMP_MS = HOUR_MS;

/**
 * Whether a missed backup had its chance: not in the first minutes after a start, nor after the clock jumped, when
 * the last one is suddenly old and the next one is being made. To be asked now and then.
 */
export function createSettled(clock: Pick<Clock, "now" | "monotonic">): () => boolean {
  let sinceMs = clock.monotonic();
  let offsetMs = clock.now() - clock.monotonic();
  return () => {
    const offset = clock.now() - clock.monotonic();
    if (Math.abs(offset - offsetMs) > JUMP_MS) sinceMs = clock.monotonic();
    offsetMs = offset;
    return clock.monotonic() - sinceMs > SETTLED_MS;
  };
}
