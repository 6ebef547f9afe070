/** What was read a moment ago for one screen, for those that ask next. */
import type { Clock } from "../../lib/base/clock.ts";

/** Reads by a key, unless that was read less than `forMs` ago. */
export type Kept<T> = (key: string, forMs: number, read: () => Promise<T>) => Promise<T>;

/**
 * Keeps at most `most` answers. What is too old makes room; what is not stays, and what comes then is read and not
 * kept: were the oldest pushed out, a round over more than `most` of them would find none. What failed, or is not
 * `whole`, is read again.
 */
export function createKept<T>(
  { now }: Pick<Clock, "now">,
  most: number,
  whole: (value: T) => boolean = () => true,
): Kept<T> & {
  /** Answers that are kept at the moment. */
  size(): number;
} {
  const kept = new Map<string, { untilMs: number; fromMs: number; value: Promise<T> }>();
  const isFresh = ({ untilMs, fromMs }: { untilMs: number; fromMs: number }, nowMs: number) =>
    nowMs < untilMs && nowMs >= fromMs;
  let lookedMs = -Infinity;

  /** All that is too old goes: also when there is room, as nobody may ask for it again. */
  function clear(nowMs: number): void {
    if (lookedMs === nowMs) return;
    lookedMs = nowMs;
    for (const [key, one] of kept) if (!isFresh(one, nowMs)) kept.delete(key);
  }

  const ask: Kept<T> = (key, forMs, read) => {
    const nowMs = now();
    const there = kept.get(key);
    if (there && isFresh(there, nowMs)) return there.value;
    const value = read();
    clear(nowMs);
    if (kept.size >= most) return value;
    kept.set(key, { fromMs: nowMs, untilMs: nowMs + forMs, value });
    const drop = () => {
      if (kept.get(key)?.value === value) kept.delete(key);
    };
    value.then((found) => whole(found) || drop(), drop);
    return value;
  };
  return Object.assign(ask, { size: () => kept.size });
}
