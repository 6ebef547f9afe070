import type { Clock } from "../../lib/base/clock.ts";

/** A clock that moves only when `advance` is called; sleepers wake in order. */
export interface FakeClock extends Clock {
  advance(ms: number): Promise<void>;
  /** Moves only the wall clock, as a wrong clock or NTP step does. */
  jump(ms: number): void;
  /** How many sleep now. */
  sleepers(): number;
}

export function fakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let monotonicMs = 0;
  let offsetMs = startMs;
  let sleepers: { atMs: number; wake: () => void }[] = [];
  return {
    now: () => offsetMs + monotonicMs,
    monotonic: () => monotonicMs,
    jump: (ms) => void (offsetMs += ms),
    sleepers: () => sleepers.length,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const entry = { atMs: monotonicMs + ms, wake: resolve };
        sleepers.push(entry);
        signal?.addEventListener("abort", () => {
          sleepers = sleepers.filter((s) => s !== entry);
          reject(signal.reason);
        }, { once: true });
      }),
    async advance(ms) {
      // What was started just before may still have to fall asleep.
      await new Promise((r) => setTimeout(r, 0));
      const untilMs = monotonicMs + ms;
      for (;;) {
        const next = sleepers.filter((s) => s.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (!next) break;
        sleepers = sleepers.filter((s) => s !== next);
        monotonicMs = next.atMs;
        next.wake();
        await new Promise((r) => setTimeout(r, 0));
      }
      monotonicMs = untilMs;
      await new Promise((r) => setTimeout(r, 0));
    },
  };
}
