import { type Clock, ownerOf } from "./clock.ts";

/** Sees the rests of whoever sleeps with a signal that is followed. */
export interface Rests {
  /** The same clock, whose sleeps are seen. */
  observing<C extends Clock>(clock: C): C;
  /** Calls `seen` with the ms of each rest that begins, and with 0 when it is over. Returns what ends that. */
  follow(signal: AbortSignal, seen: (restMs: number) => void): () => void;
}

export function createRests(): Rests {
  const followed = new Map<AbortSignal, (restMs: number) => void>();
  return {
    observing: (clock) => ({
      ...clock,
      async sleep(ms, signal) {
        const seen = signal && followed.get(ownerOf(signal));
        seen?.(ms);
        try {
          await clock.sleep(ms, signal);
        } finally {
          seen?.(0);
        }
      },
    }),
    follow(signal, seen) {
      followed.set(signal, seen);
      return () => void followed.delete(signal);
    },
  };
}
