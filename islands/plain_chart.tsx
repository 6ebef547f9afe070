import type { VNode } from "preact";
import { type Buckets, runsOf } from "./chart_data.ts";
import { clockTime, number } from "./format.ts";

const WIDTH = 1000, HEIGHT = 320;

/** The chart as a picture: what is seen before, and without, the script. */
export function PlainChart(
  { buckets, fromMs, toMs, gap, zone, nowMs, title }: {
    buckets: Buckets;
    fromMs: number;
    toMs: number;
    /** Widest distance that a line bridges. */
    gap: number;
    zone: string;
    nowMs: number;
    title: string;
  },
): VNode {
  const lo = Math.min(...buckets.min), hi = Math.max(...buckets.max);
  const pad = (hi - lo) * 0.08 || Math.abs(hi) * 0.05 || 1;
  const x = (tMs: number) => ((tMs - fromMs) / (toMs - fromMs) * WIDTH).toFixed(1);
  const y = (v: number) => (HEIGHT - (v - lo + pad) / (hi - lo + 2 * pad) * HEIGHT).toFixed(1);
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
    return path;
  }).join("");
  return (
    <figure class="plain-chart">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={title}
      >
        <path class="band" d={band} />
        <path class="line" d={line} />
      </svg>
      <figcaption>
        <span>{clockTime(fromMs, nowMs, zone)}</span>
        <span>{buckets.t.length > 0 && `${number(lo)} to ${number(hi)}`}</span>
        <span>{clockTime(toMs, nowMs, zone)}</span>
      </figcaption>
    </figure>
  );
}
