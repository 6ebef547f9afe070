/** Sums up the history of one series into steps of a window. */
import type { Tier } from "../../readings/store.ts";
import { isText } from "./cells.ts";
import type { StepValue } from "./order.ts";
import { rawPages, type ReadHistory, release, type Window } from "./pages.ts";
import type { StoredSeries } from "./plan.ts";
import type { StepRule } from "./step_rule.ts";

/** All steps of a window, those without readings too (`n` is 0 there). */
export interface Steps {
  beginsMs: Float64Array;
  /** Width of what they are summed up from. */
  partMs: number;
  min: Float64Array;
  mean: Float64Array;
  max: Float64Array;
  last: Float64Array;
  n: Uint32Array;
  /** How many of them have readings. */
  rows: number;
  /** The coarsest that it is made of. */
  tier: Tier;
}

export async function stepsOf(
  history: ReadHistory,
  one: StoredSeries,
  window: Window,
  steps: Steps,
  of: StepValue = "mean",
): Promise<void> {
  clear(steps);
  // Of texts there is neither mean nor band; the last of a step is asked of the readings.
  if (isText(one) || of === "last") await addReadings(history, one, window, steps);
  else await addBuckets(history, one, window, steps);
  for (const n of steps.n) if (n > 0) steps.rows++;
}

export function emptySteps({ fromMs, toMs }: Window, rule: StepRule): Steps {
  const begins: number[] = [];
  for (let at = rule.beginOf(fromMs); at < toMs; at = rule.after(at, 1)) begins.push(at);
  const count = begins.length;
  return {
    beginsMs: Float64Array.from(begins),
    partMs: rule.partMs,
    min: new Float64Array(count),
    mean: new Float64Array(count),
    max: new Float64Array(count),
    last: new Float64Array(count),
    n: new Uint32Array(count),
    rows: 0,
    tier: "raw",
  };
}

/** The same columns serve all series of a window. */
function clear(steps: Steps): void {
  steps.min.fill(Infinity);
  steps.max.fill(-Infinity);
  steps.n.fill(0);
  steps.rows = 0;
  steps.tier = "raw";
}

async function addReadings(
  history: ReadHistory,
  one: StoredSeries,
  { fromMs, toMs }: Window,
  steps: Steps,
): Promise<void> {
  let next = fromMs;
  for await (const { tMs, value, summedUntilMs } of rawPages(history, one.num, fromMs, toMs)) {
    const untilMs = Math.min(summedUntilMs ?? next, toMs);
    if (untilMs > next) {
      await addBuckets(history, one, { fromMs: next, toMs: untilMs }, steps, true);
      next = untilMs;
    }
    for (let i = 0; i < tMs.length; i++) add(steps, tMs[i], value[i], value[i], value[i], 1);
    release(tMs, value);
  }
}

async function addBuckets(
  history: ReadHistory,
  one: StoredSeries,
  { fromMs, toMs }: Window,
  steps: Steps,
  summedOnly = false,
): Promise<void> {
  const { tMs, min, mean, max, n, tier } = await history.buckets({
    ...{ sensor: one.num, fromMs, toMs, bucketMs: steps.partMs, summedOnly },
  });
  if (tier !== "raw") steps.tier = tier;
  const texts = isText(one);
  // They may be finer than a step (a cut one at an end), or coarser where no more is kept.
  for (let i = 0; i < tMs.length; i++) {
    // Of several texts in one bucket nothing can be said.
    if (texts && min[i] !== max[i]) continue;
    add(steps, Math.max(tMs[i], fromMs), min[i], mean[i], max[i], n[i]);
  }
  release(tMs, min, mean, max, n);
}

/** The last beginning that is not after `tMs`. */
function indexOf(beginsMs: Float64Array, tMs: number): number {
  let low = 0, high = beginsMs.length;
  while (low + 1 < high) {
    const middle = (low + high) >> 1;
    if (beginsMs[middle] <= tMs) low = middle;
    else high = middle;
  }
  return low;
}

function add(
  steps: Steps,
  tMs: number,
  min: number,
  mean: number,
  max: number,
  n: number,
): void {
  const at = indexOf(steps.beginsMs, tMs);
  const before = steps.n[at];
  if (min < steps.min[at]) steps.min[at] = min;
  if (max > steps.max[at]) steps.max[at] = max;
  steps.mean[at] = before === 0 ? mean : (steps.mean[at] * before + mean * n) / (before + n);
  steps.last[at] = mean;
  steps.n[at] = before + n;
}
