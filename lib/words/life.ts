/** Remaining useful life in words. Pure. */
import { duration, lasted } from "./times.ts";

/** A life that is known, as it is stored and sent. */
export interface KnownLifeTimes {
  remainingMs: number;
  lowMs: number;
  /** Null: without end. */
  highMs: number | null;
  /** Since when the limit is crossed; null or absent: it is not. */
  crossedMs?: number | null;
}

/** For after a name and before a limit: `probably reaches 50 °C in 3 h (2 h to 5 h)`, `has been beyond 50 °C for 3 h`. */
export function lifeVerb(life: KnownLifeTimes, limit: string, nowMs: number): string {
  const { remainingMs, crossedMs = null } = life;
  if (crossedMs !== null) {
    return `has been beyond ${limit} for ${lasted(nowMs - crossedMs)}`;
  }
  if (remainingMs <= 0) return `is about to cross ${limit}`;
  return `probably reaches ${limit} in ${lifeSpan(life)}`;
}

/** `3 h (2 h to 5 h)`. */
export function lifeSpan({ remainingMs, lowMs, highMs }: KnownLifeTimes): string {
  const high = highMs === null ? "much longer" : duration(highMs);
  return `${duration(remainingMs)} (${duration(lowMs)} to ${high})`;
}
