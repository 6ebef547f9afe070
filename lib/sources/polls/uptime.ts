import type { ReadingsStore } from "../../readings/store.ts";
import { DAY_MS } from "../../words/times.ts";

/** Shares of what was asked at which it was up, 0…1; null: nothing was asked. */
export interface Uptime {
  day: number | null;
  month: number | null;
}

const MONTH_DAYS = 30;

/** Of the readings of its sensor `up`: what was not asked counts for nothing. `num`: null without a sensor. */
export async function uptimeOf(
  readings: Pick<ReadingsStore, "buckets">,
  num: number | null,
  nowMs: number,
): Promise<Uptime> {
  if (num === null) return { day: null, month: null };
  const share = async (ms: number, points: number) => {
    const found = await readings.buckets({
      ...{ sensor: num, points },
      fromMs: nowMs - ms,
      toMs: nowMs + 1,
    });
    let [n, up] = [0, 0];
    found.n.forEach((count, i) => {
      n += count;
      up += count * found.mean[i];
    });
    return n === 0 ? null : Math.min(1, up / n);
  };
  return { day: await share(DAY_MS, 24), month: await share(MONTH_DAYS * DAY_MS, MONTH_DAYS) };
}
