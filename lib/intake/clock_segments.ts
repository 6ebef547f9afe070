/**
 * Pure: which times were given while the host's clock was not set, and by how much they were wrong. The host's clock
 * and the monotonic one differ by an offset that only changes when somebody sets the clock.
 */

/** Times that were given with one offset. */
export interface Segment {
  fromMs: number;
  toMs: number;
  /** Wall clock minus monotonic clock. */
  offsetMs: number;
}

/** A clock that is pulled along gently, and rounding, are no step. */
const STEP_MS = 500;
/** A clock that is set more often than this does not know the time. */
const SEGMENTS_MOST = 100;
/** Less is not worth writing for. */
const NOTABLE_MS = 1_000;

/** Adds what the clocks say now, in order; the list stays bounded. */
export function look(segments: Segment[], nowMs: number, monotonicMs: number): void {
  const offsetMs = nowMs - monotonicMs;
  const last = segments.at(-1);
  if (last === undefined) {
    segments.push({ fromMs: nowMs, toMs: nowMs, offsetMs });
    return;
  }
  if (Math.abs(offsetMs - last.offsetMs) <= STEP_MS) {
    last.toMs = Math.max(last.toMs, nowMs);
    return;
  }
  // Until the step, which was at some moment since the last look, times went on with the old offset.
  last.toMs = Math.max(last.toMs, monotonicMs + last.offsetMs);
  segments.push({ fromMs: nowMs, toMs: nowMs, offsetMs });
  if (segments.length > SEGMENTS_MOST) segments.shift();
}

/** What to move once the clock is right; `offsetMs` is that of the right time. Later times first. */
export function corrections(
  segments: readonly Segment[],
  offsetMs: number,
): { fromMs: number; toMs: number; byMs: number }[] {
  return segments.flatMap(({ fromMs, toMs, offsetMs: was }) => {
    const byMs = Math.round(offsetMs - was);
    return Math.abs(byMs) < NOTABLE_MS ? [] : [{ fromMs, toMs: toMs + 1, byMs }];
  }).reverse();
}
