import type { VNode } from "preact";
import type { Spark } from "../lib/live/shapes.ts";

/** Scales means to a spark; null when there is nothing to draw. */
export function sparkOf(line: ArrayLike<number>, stepMs: number, newest: number): Spark | null {
  let lo = Infinity, hi = -Infinity;
  for (let i = 0; i < line.length; i++) {
    if (Number.isNaN(line[i])) continue;
    lo = Math.min(lo, line[i]);
    hi = Math.max(hi, line[i]);
  }
  if (lo > hi) return null;
  // A quiet signal stays a quiet line: noise is not blown up to full height.
  const least = Math.max(Math.abs(lo), Math.abs(hi)) * 0.01;
  if (hi - lo < least) [lo, hi] = [(lo + hi - least) / 2, (lo + hi + least) / 2];
  const span = hi - lo || 1;
  const points = Array.from(
    line,
    (value) => Number.isNaN(value) ? -1 : Math.round((value - lo) / span * 99),
  );
  return { lo, hi, points, step_ms: stepMs, newest };
}

/** The values that a spark stands for, NaN where nothing came. */
export function valuesOf({ lo, hi, points }: Spark): number[] {
  return points.map((point) => point < 0 ? NaN : lo + point / 99 * (hi - lo));
}

/** The spark after one more reading. */
export function extended(spark: Spark, tMs: number, value: number): Spark {
  const bucket = Math.floor(tMs / spark.step_ms);
  const values = valuesOf(spark);
  const last = values.length - 1;
  const moved = bucket - spark.newest;
  if (moved < -last) return spark;
  for (let i = 0; i < Math.min(moved, values.length); i++) values.push(NaN);
  const kept = values.slice(-spark.points.length);
  const at = last + Math.min(0, moved);
  kept[at] = Number.isNaN(kept[at]) ? value : (kept[at] + value) / 2;
  return sparkOf(kept, spark.step_ms, Math.max(bucket, spark.newest)) ?? spark;
}

/** A small line without axes; decoration beside the value, hidden from screen readers. */
export function Sparkline({ spark }: { spark: Spark | null }): VNode {
  const width = 2 * ((spark?.points.length ?? 1) - 1);
  return (
    <svg
      class="spark"
      viewBox={`-2 -8 ${width + 4} 115`}
      preserveAspectRatio="none"
      aria-hidden="true"
      focusable="false"
    >
      {spark && <path d={pathOf(spark.points)} />}
    </svg>
  );
}

/**
 * Lines between neighbours, two units apart; gaps are gaps; a lone point is a dot. Whole numbers: the path is
 * most of a row's bytes.
 */
export function pathOf(points: readonly number[]): string {
  let path = "";
  let open = false;
  points.forEach((point, i) => {
    if (point < 0) return void (open = false);
    path += open ? ` ${2 * i} ${99 - point}` : `M${2 * i} ${99 - point}h.1L${2 * i} ${99 - point}`;
    open = true;
  });
  return path;
}
