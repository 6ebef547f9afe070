/** How late timers of this thread fire. */
export interface LagWatch {
  /** Quantile (0…1) since the last reset, in whole ms. */
  quantileMs(q: number): number;
  reset(): void;
  /** What stood still until now does not count. */
  forgive(): void;
}

const PERIOD_MS = 10;
const MOST_MS = 5_000;

/** Starts watching, for as long as the process lives. Needs the same memory however long. */
export function watchLag(): LagWatch {
  const counts = new Uint32Array(MOST_MS + 1);
  let dueMs = performance.now() + PERIOD_MS;
  setInterval(() => {
    const nowMs = performance.now();
    counts[Math.min(MOST_MS, Math.max(0, Math.round(nowMs - dueMs)))]++;
    dueMs = nowMs + PERIOD_MS;
  }, PERIOD_MS);
  return {
    quantileMs(q) {
      let left = q * counts.reduce((sum, n) => sum + n, 0);
      return Math.max(0, counts.findIndex((n) => (left -= n) <= 0));
    },
    reset: () => void counts.fill(0),
    forgive: () => void (dueMs = performance.now() + PERIOD_MS),
  };
}
