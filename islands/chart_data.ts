/** The columns of a chart and what changes them. Pure: the server renders from them, the browser goes on. */
import type { DamagedPart } from "../lib/live/shapes.ts";

/** Buckets as `/api/readings` gives them. */
export interface Buckets {
  /** Width of a bucket. */
  bucketMs: number;
  /** Before it readings were summed up; absent: none of these. */
  summedUntilMs?: number;
  /** Start of each bucket, epoch ms. Only buckets with readings. */
  t: number[];
  min: number[];
  mean: number[];
  max: number[];
  n: number[];
  /** Where readings are missing because they are damaged; absent: nowhere. */
  damaged?: DamagedPart[];
  /** Why older readings may be missing, a sentence; absent: none are. */
  missing?: string;
}

export interface Statistics {
  min: number;
  mean: number;
  max: number;
  count: number;
}

/** Statistics over all buckets; null when there are none. */
export function statisticsOf(buckets: Buckets): Statistics | null {
  let min = Infinity, max = -Infinity, sum = 0, count = 0;
  buckets.t.forEach((_, i) => {
    min = Math.min(min, buckets.min[i]);
    max = Math.max(max, buckets.max[i]);
    sum += buckets.mean[i] * buckets.n[i];
    count += buckets.n[i];
  });
  return count === 0 ? null : { min, mean: sum / count, max, count };
}

/**
 * How far two buckets may lie apart and still be joined by a line: beyond it, there is a gap.
 * `intervalMs` is the sensor's usual time between readings, when known.
 */
export function gapMs(bucketMs: number, intervalMs: number | null): number {
  return Math.max(2.5 * bucketMs, 3.5 * (intervalMs ?? 0));
}

/** Runs of buckets without a gap between them, as index ranges [from, to). */
export function runsOf(t: readonly number[], mostMs: number): [number, number][] {
  const runs: [number, number][] = [];
  let from = 0;
  for (let i = 1; i <= t.length; i++) {
    if (i < t.length && t[i] - t[i - 1] <= mostMs) continue;
    if (i > from) runs.push([from, i]);
    from = i;
  }
  return runs;
}

/** Adds a reading to its bucket and drops buckets that start before `fromMs`. Changes `buckets`. */
export function addReading(buckets: Buckets, tMs: number, value: number, fromMs: number): void {
  const { bucketMs, t, min, mean, max, n } = buckets;
  const start = Math.floor(tMs / bucketMs) * bucketMs;
  let i = t.length - 1;
  while (i >= 0 && t[i] > start) i--;
  if (i < 0 || t[i] !== start) {
    i++;
    t.splice(i, 0, start);
    for (const column of [min, mean, max]) column.splice(i, 0, value);
    n.splice(i, 0, 1);
  } else {
    min[i] = Math.min(min[i], value);
    max[i] = Math.max(max[i], value);
    n[i]++;
    mean[i] += (value - mean[i]) / n[i];
  }
  const gone = t.findIndex((start) => start + bucketMs > fromMs);
  if (gone > 0) { for (const column of [t, min, mean, max, n]) column.splice(0, gone); }
}

/** A time when a sensor had one state; `state` null where it changed within a bucket. */
export interface Span {
  fromMs: number;
  toMs: number;
  state: number | null;
}

/** Joins buckets of a state sensor to spans; gaps stay open, and a state holds until the next reading. */
export function spansOf(buckets: Buckets, mostMs: number): Span[] {
  const spans: Span[] = [];
  buckets.t.forEach((start, i) => {
    const state = buckets.min[i] === buckets.max[i] ? buckets.min[i] : null;
    const next = buckets.t[i + 1];
    const toMs = next !== undefined && next - start <= mostMs ? next : start + buckets.bucketMs;
    const last = spans.at(-1);
    if (last && last.state === state && last.toMs >= start) last.toMs = toMs;
    else spans.push({ fromMs: start, toMs, state });
  });
  return spans;
}
