import type { Clock } from "../../base/clock.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import { DAY_MS } from "../../words/times.ts";

/** Shares of what was asked at which it was up, 0…1; null: nothing was asked. */
export interface Uptime {
  day: number | null;
  month: number | null;
}

const MONTH_DAYS = 30;

/** Pages ask again and again: an answer counts for so long. */
const KEPT_MS = 20_000;

/** Tells uptimes of the readings of a sensor `up` (storage number; null: there is none). */
export function createUptimes(
  { readings, clock }: { readings: Pick<ReadingsStore, "buckets">; clock: Clock },
): (num: number | null) => Promise<Uptime> {
  const kept = new Map<number, { untilMs: number; uptime: Promise<Uptime> }>();

  /** What was not asked counts for nothing. */
  async function share(sensor: number, ms: number, points: number): Promise<number | null> {
    const toMs = clock.now() + 1;
    const found = await readings.buckets({ sensor, points, fromMs: toMs - ms, toMs });
    let [n, up] = [0, 0];
    found.n.forEach((count, i) => {
      n += count;
      up += count * found.mean[i];
    });
    return n === 0 ? null : Math.min(1, up / n);
  }

  async function uptimeOf(num: number): Promise<Uptime> {
    const day = await share(num, DAY_MS, 24);
    return { day, month: await share(num, MONTH_DAYS * DAY_MS, MONTH_DAYS) };
  }

  return (num) => {
    const nowMs = clock.monotonic();
    for (const [one, { untilMs }] of kept) if (untilMs <= nowMs) kept.delete(one);
    if (num === null) return Promise.resolve({ day: null, month: null });
    const known = kept.get(num)?.uptime ?? uptimeOf(num);
    if (!kept.has(num)) kept.set(num, { untilMs: nowMs + KEPT_MS, uptime: known });
    return known;
  };
}
