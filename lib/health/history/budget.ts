import type { Clock } from "../../base/clock.ts";
import type { Sensor } from "../../machines/sensor.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../words/times.ts";
import { type MeasuredDay, trendOf, type WriteTrend } from "./writes.ts";

const MEGA = 1e6;
const DAYS = 15;
/** It moves slowly, and asking costs reading two weeks of summaries. */
const ASK_MS = 15 * MINUTE_MS;
const FIRST_ASK_MS = MINUTE_MS;

/** What is written a day, out of the readings: so it survives restarts. */
export interface WriteBudget {
  /** To the whole disk. Asks the store every quarter of an hour at most. */
  trend(): Promise<WriteTrend>;
  /** Bytes a day of another quantity over the last 24 hours; null: not measured for half an hour of them. */
  lastDay(name: string): Promise<number | null>;
}

export function createWriteBudget(deps: {
  clock: Clock;
  readings: Pick<ReadingsStore, "buckets">;
  sensors: { find(name: string): Sensor | null };
}): WriteBudget {
  const { clock, readings, sensors } = deps;
  let asked: { atMs: number; trend: WriteTrend } | null = null;

  /** The last days, the latest first. */
  async function daysOf(name: string, count: number): Promise<MeasuredDay[]> {
    const sensor = sensors.find(name);
    if (sensor === null) return [];
    const toMs = clock.now() + 1;
    const fromMs = toMs - count * DAY_MS;
    // One more than there are hours: the first and the last are parts of one.
    const points = count * DAY_MS / HOUR_MS + 1;
    const { tMs, mean, n } = await readings.buckets({ sensor: sensor.num, fromMs, toMs, points });
    const days = Array.from({ length: count }, () => ({ bytes: 0, readings: 0, hours: 0 }));
    for (let i = 0; i < tMs.length; i++) {
      const ago = Math.floor((toMs - tMs[i] - HOUR_MS) / DAY_MS);
      const day = days[Math.min(count - 1, Math.max(0, ago))];
      day.readings += n[i];
      day.bytes += (mean[i] * MEGA - day.bytes) * n[i] / day.readings;
      day.hours++;
    }
    return days;
  }

  return {
    async trend() {
      const nowMs = clock.monotonic();
      const askMs = asked?.trend.day == null ? FIRST_ASK_MS : ASK_MS;
      if (asked !== null && nowMs - asked.atMs < askMs) return asked.trend;
      const trend = trendOf(await daysOf("card_writes", DAYS));
      asked = sensors.find("card_writes") === null ? null : { atMs: nowMs, trend };
      return trend;
    },
    lastDay: async (name) => trendOf(await daysOf(name, 1)).day,
  };
}
