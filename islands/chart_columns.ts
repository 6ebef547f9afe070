/** Readings as uPlot takes them, and what its axes show. */
import type uPlot from "uplot";
import { number } from "../lib/words/numbers.ts";
import { dateTime } from "../lib/words/times.ts";
import { type Buckets, runsOf } from "./chart_data.ts";

/** At most the sensor's decimals: a coarser grid needs fewer. */
export function axisNumber(value: number, decimals: number | null): string {
  if (decimals !== null && Math.abs(value) < 10_000) {
    return String(Number(value.toFixed(decimals))).replace("-", "\u2212");
  }
  return Math.abs(value) >= 10_000
    ? number(value)
    : String(Number(value.toPrecision(6))).replace("-", "\u2212");
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** 24-hour labels in the site's zone; the date where the day changes. */
export function timeLabels(splits: number[], stepS: number, zone: string): string[] {
  let day = "";
  return splits.map((seconds) => {
    const at = dateTime(seconds * 1000, zone);
    const date = `${Number(at.slice(8, 10))} ${MONTHS[Number(at.slice(5, 7)) - 1]}`;
    const changed = day !== "" && day !== date;
    day = date;
    if (stepS >= 86_400 || changed) return date;
    return stepS < 60 ? at.slice(11) : at.slice(11, 16);
  });
}

/** Columns for uPlot, with an empty point in the middle of every gap. Points stand mid-bucket. */
export function columnsOf(buckets: Buckets, gap: number): {
  data: uPlot.AlignedData;
  indexOfBucket: number[];
} {
  const t: number[] = [], max: (number | null)[] = [];
  const min: (number | null)[] = [], mean: (number | null)[] = [];
  const indexOfBucket: number[] = [];
  for (const [from, to] of runsOf(buckets.t, gap)) {
    if (from > 0) {
      t.push((buckets.t[from - 1] + buckets.t[from]) / 2000);
      for (const column of [min, mean, max]) column.push(null);
    }
    for (let i = from; i < to; i++) {
      indexOfBucket.push(t.length);
      t.push((buckets.t[i] + buckets.bucketMs / 2) / 1000);
      min.push(buckets.min[i]);
      mean.push(buckets.mean[i]);
      max.push(buckets.max[i]);
    }
  }
  return { data: [t, max, min, mean], indexOfBucket };
}

/** Columns of several series over all of their times: `undefined` where only others have one. */
export function joined(tables: readonly uPlot.AlignedData[]): uPlot.AlignedData {
  const times = [...new Set(tables.flatMap(([t]) => [...t]))].sort((a, b) => a - b);
  return [
    times,
    ...tables.map(([t, column]) => {
      const at = new Map(Array.from(t, (time, i) => [time, column[i]]));
      return times.map((time) => at.get(time));
    }),
  ];
}

/**
 * Places of points that no line reaches: between two gaps nothing would be seen. `null` is a gap, `undefined` a time
 * of another series.
 */
export function lonelyPoints(column: ArrayLike<number | null | undefined>): number[] {
  const lonely: number[] = [];
  let at = -1, run = 0;
  const end = () => {
    if (run === 1) lonely.push(at);
    run = 0;
  };
  for (let i = 0; i < column.length; i++) {
    if (column[i] === null) end();
    else if (column[i] !== undefined) {
      at = i;
      run++;
    }
  }
  end();
  return lonely;
}
