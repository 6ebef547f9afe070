/** Fewer points that look the same: each stands for a stretch with its lowest and highest. Pure. */
import type { ChartLine } from "../../document.ts";

export interface ThinLine {
  label: string;
  /** Runs without a gap. */
  runs: ThinPoint[][];
}

export interface ThinPoint {
  tMs: number;
  min: number;
  mean: number;
  max: number;
}

/** More would not be seen. */
export const MOST_POINTS = 1000;

/** At most `most` points of a line within the range; what is no number is left out, as if nothing had come. */
export function thin(
  line: ChartLine,
  { fromMs, toMs }: { fromMs: number; toMs: number },
  most = MOST_POINTS,
): ThinLine {
  const stretchMs = (toMs - fromMs) / most;
  const runs: ThinPoint[][] = [];
  let stretch = -1, lastMs = -Infinity, count = 0;
  for (let i = 0; i < line.tMs.length; i++) {
    const tMs = line.tMs[i];
    const mean = line.mean[i];
    if (!(tMs >= fromMs && tMs < toMs) || !Number.isFinite(mean)) continue;
    const min = Number.isFinite(line.min[i]) ? line.min[i] : mean;
    const max = Number.isFinite(line.max[i]) ? line.max[i] : mean;
    const now = Math.floor((tMs - fromMs) / stretchMs);
    const isSame = now === stretch;
    // A gap that is narrower than a point cannot be seen.
    const isApart = tMs - lastMs > line.gapMs && !isSame;
    if (isApart) runs.push([]);
    const run = runs.at(-1)!;
    if (!isSame || run.length === 0) {
      run.push({ tMs, min, mean, max });
      count = 1;
    } else {
      const point = run.at(-1)!;
      count++;
      point.tMs += (tMs - point.tMs) / count;
      point.mean += (mean - point.mean) / count;
      point.min = Math.min(point.min, min);
      point.max = Math.max(point.max, max);
    }
    stretch = now;
    lastMs = tMs;
  }
  return { label: line.label, runs };
}

/** Lowest and highest of all; null when there is nothing. */
export function rangeOf(lines: readonly ThinLine[]): [number, number] | null {
  let lo = Infinity, hi = -Infinity;
  for (const { runs } of lines) {
    for (const run of runs) {
      for (const { min, max } of run) {
        lo = Math.min(lo, min);
        hi = Math.max(hi, max);
      }
    }
  }
  return lo > hi ? null : [lo, hi];
}
