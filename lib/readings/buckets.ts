import { HOUR_MS, MINUTE_MS } from "../words/times.ts";
import type { MinuteColumns, Sums } from "./minutes.ts";
import { POW10, RAW } from "./scale.ts";
import type { BucketResult, DamagedRange } from "./store.ts";

/** Bucket widths below one minute: divisors of a minute that people know. */
const SHORT_MS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  250,
  500,
  1000,
  2000,
  5000,
  10_000,
  15_000,
  20_000,
  30_000,
];

/** From here on buckets are whole hours, which are summed up already; where readings are, too, from one hour on. */
const HOURS_FROM_MS = 4 * HOUR_MS;

/**
 * Smallest bucket width from `leastMs` on with which the epoch-aligned buckets that touch `[fromMs, toMs)` are at
 * most `points`: a divisor of a minute, whole minutes, or from some hours on whole hours. `0 ≤ fromMs < toMs`,
 * `points ≥ 1`; `leastMs` is 1, a minute or an hour.
 */
export function bucketWidth(fromMs: number, toMs: number, points: number, leastMs = 1): number {
  const shortest = leastMs < MINUTE_MS
    ? SHORT_MS.find((width) => bucketCount(fromMs, toMs, width) <= points)
    : undefined;
  if (shortest !== undefined) return shortest;
  const minutes = leastMs < HOUR_MS ? wholeWidth(fromMs, toMs, points, MINUTE_MS) : Infinity;
  const hoursFromMs = leastMs < MINUTE_MS ? HOURS_FROM_MS : HOUR_MS;
  return minutes < hoursFromMs ? minutes : wholeWidth(fromMs, toMs, points, HOUR_MS);
}

/** The same in whole units. */
function wholeWidth(fromMs: number, toMs: number, points: number, unitMs: number): number {
  let units = Math.max(1, Math.floor((toMs - fromMs) / unitMs / points));
  while (bucketCount(fromMs, toMs, units * unitMs) > points) {
    // With few points alignment can cost a bucket more than the width alone would: widen by one
    // unit, or by a thousandth where units are many.
    units += Math.max(1, Math.floor(units / 1000));
  }
  return units * unitMs;
}

/** Number of epoch-aligned buckets of `widthMs` that touch `[fromMs, toMs)`. */
export function bucketCount(fromMs: number, toMs: number, widthMs: number): number {
  return Math.floor((toMs - 1) / widthMs) - Math.floor(fromMs / widthMs) + 1;
}

/** Sums up readings and minute summaries into buckets. */
export class BucketSums {
  readonly #first: number;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #sum: Float64Array;
  readonly #n: Uint32Array;

  constructor(fromMs: number, toMs: number, readonly bucketMs: number) {
    const count = bucketCount(fromMs, toMs, bucketMs);
    this.#first = Math.floor(fromMs / bucketMs);
    this.#min = new Float64Array(count).fill(Infinity);
    this.#max = new Float64Array(count).fill(-Infinity);
    this.#sum = new Float64Array(count);
    this.#n = new Uint32Array(count);
  }

  /** Adds `n` readings (one, or a summary of several) that all lie in the bucket of `tMs`. */
  add(tMs: number, n: number, min: number, max: number, sum: number): void {
    const at = Math.floor(tMs / this.bucketMs) - this.#first;
    if (min < this.#min[at]) this.#min[at] = min;
    if (max > this.#max[at]) this.#max[at] = max;
    this.#sum[at] += sum;
    this.#n[at] += n;
  }

  /** Adds the minutes of a summary that start in `[fromMs, toMs)`. Buckets must be whole minutes. */
  addMinutes(minutes: MinuteColumns, fromMs: number, toMs: number): void {
    this.addUnits(minutes, MINUTE_MS, fromMs, toMs, minutes.k);
  }

  /** The same for minutes or hours, the first `k` of the columns (default all). */
  addUnits(
    units: Sums,
    unitMs: number,
    fromMs: number,
    toMs: number,
    k = units.at.length,
  ): void {
    const { at, n, min, max, sum, exponent } = units;
    const scale = exponent === RAW ? 1 : POW10[exponent];
    const fromUnit = Math.ceil(fromMs / unitMs);
    const toUnit = Math.ceil(toMs / unitMs);
    const perBucket = this.bucketMs / unitMs;
    let i = 0;
    while (i < k && at[i] < fromUnit) i++;
    while (i < k && at[i] < toUnit) {
      // All units of one bucket are summed up as whole numbers: one division each, and no rounding.
      const start = at[i];
      const end = Math.min(toUnit, (Math.floor(start / perBucket) + 1) * perBucket);
      let count = 0;
      let least = Infinity;
      let most = -Infinity;
      let total = 0;
      for (; i < k && at[i] < end; i++) {
        count += n[i];
        if (min[i] < least) least = min[i];
        if (max[i] > most) most = max[i];
        total += sum[i];
      }
      this.add(start * unitMs, count, least / scale, most / scale, total / scale);
    }
  }

  result(
    damaged: DamagedRange[],
    touched: Pick<BucketResult, "tier" | "summedUntilMs">,
  ): BucketResult {
    let count = 0;
    for (const n of this.#n) if (n > 0) count++;
    const result: BucketResult = {
      bucketMs: this.bucketMs,
      ...touched,
      tMs: new Float64Array(count),
      min: new Float64Array(count),
      mean: new Float64Array(count),
      max: new Float64Array(count),
      n: new Uint32Array(count),
      damaged,
    };
    let to = 0;
    for (let at = 0; at < this.#n.length; at++) {
      const n = this.#n[at];
      if (n === 0) continue;
      result.tMs[to] = (this.#first + at) * this.bucketMs;
      result.min[to] = this.#min[at];
      result.max[to] = this.#max[at];
      // Rounding of a sum must not put a mean outside its own band.
      const mean = this.#sum[at] / n;
      result.mean[to] = Math.min(Math.max(mean, this.#min[at]), this.#max[at]);
      result.n[to++] = n;
    }
    return result;
  }
}
