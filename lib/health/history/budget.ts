import type { Clock } from "../../base/clock.ts";
import type { Sensor } from "../../machines/sensor.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import { DAY_MS, HOUR_MS } from "../../words/times.ts";
import { trendOf, type WriteTrend } from "./writes.ts";

const DAYS = 15;
/** A day counts when so many of its hours were measured. */
const HOURS_LEAST = 12;
/** It moves slowly, and asking costs reading two weeks of summaries. */
const ASK_MS = 15 * 60_000;

/** What is written a day, out of the readings: so it survives restarts. */
export interface WriteBudget {
  /** To the whole disk. Asks the store every quarter of an hour at most. */
  trend(): Promise<WriteTrend>;
  /** Bytes of the last 24 hours by quantity; null: less than an hour of them was measured. */
  lastDay(name: string): Promise<number | null>;
}

export function createWriteBudget(deps: {
  clock: Clock;
  readings: Pick<ReadingsStore, "buckets">;
  sensors: { find(name: string): Sensor | null };
}): WriteBudget {
  const { clock, readings, sensors } = deps;
  let asked: { atMs: number; trend: WriteTrend } | null = null;

  /** Mean of each day in bytes, the latest first; null where less than `hoursLeast` of its hours were measured. */
  async function days(name: string, count: number, hoursLeast: number) {
    const sensor = sensors.find(name);
    if (sensor === null) return [];
    const toMs = clock.now();
    const fromMs = toMs - count * DAY_MS;
    const points = count * DAY_MS / HOUR_MS;
    const { tMs, mean, n } = await readings.buckets({ sensor: sensor.num, fromMs, toMs, points });
    const found = Array.from({ length: count }, () => ({ sum: 0, n: 0, hours: new Set<number>() }));
    for (let i = 0; i < tMs.length; i++) {
      const ago = Math.min(count - 1, Math.max(0, Math.floor((toMs - tMs[i] - 1) / DAY_MS)));
      found[ago].sum += mean[i] * n[i];
      found[ago].n += n[i];
      found[ago].hours.add(Math.floor(tMs[i] / HOUR_MS));
    }
    return found.map(({ sum, n, hours }) =>
      n === 0 || hours.size < hoursLeast ? null : sum / n * 1e6
    );
  }

  return {
    async trend() {
      const nowMs = clock.monotonic();
      if (asked === null || nowMs - asked.atMs >= ASK_MS) {
        asked = { atMs: nowMs, trend: trendOf(await days("card_writes", DAYS, HOURS_LEAST)) };
      }
      return asked.trend;
    },
    lastDay: async (name) => (await days(name, 1, 1))[0] ?? null,
  };
}
