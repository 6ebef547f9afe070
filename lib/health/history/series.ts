import type { Sensor } from "../../machines/sensor.ts";
import type { ReadingsStore } from "../../readings/store.ts";
import type { HostReading } from "./minute.ts";
import { type Quantity } from "./quantities.ts";

export interface Range {
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  points: number;
}

/** A quantity over time, as columns; only buckets with readings appear. */
export interface HostSeries {
  quantity: Quantity;
  /** Null: there never was a reading of it. */
  sensor: Sensor | null;
  bucketMs: number;
  t: number[];
  min: number[];
  mean: number[];
  max: number[];
  n: number[];
}

/** A quantity out of the store, with what waits for its commit. */
export async function hostSeries(
  { readings, sensors, waiting }: {
    readings: Pick<ReadingsStore, "buckets">;
    sensors: { find(name: string): Sensor | null };
    waiting: readonly HostReading[];
  },
  quantity: Quantity,
  { fromMs, toMs, points }: Range,
): Promise<HostSeries> {
  const sensor = sensors.find(quantity.name);
  // Without a sensor there is nothing stored; number 0 is nobody's.
  const stored = await readings.buckets({ sensor: sensor?.num ?? 0, fromMs, toMs, points });
  const series: HostSeries = {
    quantity,
    sensor,
    bucketMs: stored.bucketMs,
    t: [...stored.tMs],
    min: [...stored.min],
    mean: [...stored.mean],
    max: [...stored.max],
    n: [...stored.n],
  };
  for (const { name, tMs, value } of waiting) {
    if (name === quantity.name && tMs >= fromMs && tMs < toMs) append(series, tMs, value);
  }
  return series;
}

/** What waits is newer than what is stored. */
function append({ bucketMs, t, min, mean, max, n }: HostSeries, tMs: number, value: number): void {
  const bucket = Math.floor(tMs / bucketMs) * bucketMs;
  const last = t.length - 1;
  if (last < 0 || t[last] < bucket) {
    t.push(bucket);
    for (const column of [min, mean, max]) column.push(value);
    n.push(1);
    return;
  }
  n[last]++;
  min[last] = Math.min(min[last], value);
  max[last] = Math.max(max[last], value);
  mean[last] += (value - mean[last]) / n[last];
}
