/** Readings of many series in the order of a file, and the parts of a segment that come of them. */
import type { ImportSeries, SegmentPart } from "./format.ts";

/** Grows as it is filled, and is used again for the next segment. */
export class SegmentColumns {
  n = 0;
  series: Uint32Array;
  tMs: Float64Array;
  value: Float64Array;

  constructor(capacity = 4096) {
    this.series = new Uint32Array(capacity);
    this.tMs = new Float64Array(capacity);
    this.value = new Float64Array(capacity);
  }

  /** Makes room for `more` readings. */
  reserve(more: number): void {
    const needed = this.n + more;
    if (needed <= this.series.length) return;
    const room = Math.max(needed, this.series.length + (this.series.length >> 1));
    const larger = <T extends Uint32Array | Float64Array>(to: T, from: T, n: number) => {
      to.set(from.subarray(0, n));
      return to;
    };
    this.series = larger(new Uint32Array(room), this.series, this.n);
    this.tMs = larger(new Float64Array(room), this.tMs, this.n);
    this.value = larger(new Float64Array(room), this.value, this.n);
  }

  /**
   * One part per series, in the order of their first readings, and empties the columns. `seriesOf` gives what its
   * number stands for; numbers are below `count`.
   */
  takeParts(
    count: number,
    seriesOf: (series: number) => { series: ImportSeries; texts?: string[] },
  ): SegmentPart[] {
    const { n, series, tMs, value } = this;
    const counts = new Uint32Array(count);
    const order: number[] = [];
    for (let i = 0; i < n; i++) if (counts[series[i]]++ === 0) order.push(series[i]);
    const next = new Uint32Array(count);
    let at = 0;
    for (const one of order) {
      next[one] = at;
      at += counts[one];
    }
    const allMs = new Float64Array(n);
    const allValues = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const to = next[series[i]]++;
      allMs[to] = tMs[i];
      allValues[to] = value[i];
    }
    this.n = 0;
    return order.map((one) => {
      const [from, to] = [next[one] - counts[one], next[one]];
      return {
        ...seriesOf(one),
        tMs: allMs.subarray(from, to),
        value: allValues.subarray(from, to),
      };
    });
  }
}
