import type { VNode } from "preact";
import { number } from "../lib/words/numbers.ts";
import { clockTime } from "../lib/words/times.ts";
import { type Buckets, runsOf } from "./chart_data.ts";
import { type LimitBand, rangeOf } from "./limits.ts";

const WIDTH = 1000, HEIGHT = 320;

/** The chart as a picture: what is seen before, and without, the script. */
export function PlainChart(
  { buckets, fromMs, toMs, gap, zone, nowMs, title, bands, decimals, leastSpan, text }: {
    buckets: Buckets;
    fromMs: number;
    toMs: number;
    /** Widest distance that a line bridges. */
    gap: number;
    zone: string;
    nowMs: number;
    title: string;
    bands: readonly LimitBand[];
    decimals: number | null;
    /** Such a part of the scale is shown at least. */
    leastSpan?: number;
    /** A value in words; default: a number with `decimals`. */
    text?: (value: number) => string;
  },
): VNode {
  const lo = Math.min(...buckets.min), hi = Math.max(...buckets.max);
  const [least, most] = rangeOf(lo, hi, bands, leastSpan);
  const words = text ?? ((value: number) => number(value, decimals));
  const x = (tMs: number) => ((tMs - fromMs) / (toMs - fromMs) * WIDTH).toFixed(1);
  const height = (v: number) =>
    HEIGHT - Math.max(0, Math.min(1, (v - least) / (most - least))) * HEIGHT;
  const y = (v: number) => height(v).toFixed(1);
  const runs = runsOf(buckets.t, gap);
  const middle = (i: number) => x(buckets.t[i] + buckets.bucketMs / 2);
  const band = runs.map(([from, to]) => {
    let path = "";
    for (let i = from; i < to; i++) path += `${path ? "L" : "M"}${middle(i)} ${y(buckets.max[i])}`;
    for (let i = to - 1; i >= from; i--) path += `L${middle(i)} ${y(buckets.min[i])}`;
    return path + "Z";
  }).join("");
  const line = runs.map(([from, to]) => {
    let path = "";
    for (let i = from; i < to; i++) path += `${path ? "L" : "M"}${middle(i)} ${y(buckets.mean[i])}`;
    // A line of no length with round ends is a point.
    return to - from === 1 ? `${path}h0.01` : path;
  }).join("");
  return (
    <figure class="plain-chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={title}
      >
        {bands.map(({ from, to, level }) => (
          <rect
            key={`${level} ${from}`}
            class={`limit ${level}`}
            width={WIDTH}
            y={y(to)}
            height={Math.max(0, height(from) - height(to)).toFixed(1)}
          />
        ))}
        <path class="band" d={band} />
        <path class="line" d={line} />
      </svg>
      <figcaption>
        <span>{clockTime(fromMs, nowMs, zone)}</span>
        <span>{buckets.t.length > 0 && `${words(lo)} to ${words(hi)}`}</span>
        <span>{clockTime(toMs, nowMs, zone)}</span>
      </figcaption>
    </figure>
  );
}
