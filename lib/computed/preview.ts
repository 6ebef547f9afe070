/** What a definition would give over the last hours, before it is saved. Nothing is written. */
import { HOUR_MS } from "../words/times.ts";
import { createCalculation } from "./calculation.ts";
import { type Definition, lookBackMs } from "./definition.ts";
import { type HistoryReader, lastBefore, momentsFrom } from "./history.ts";

/** Readings of the inputs that a preview looks at, the newest. */
const READINGS_MOST = 50_000;
const POINTS = 300;

export interface Preview {
  unit: string | null;
  fromMs: number;
  /** Means of stretches of equal length; those without a result are left out. */
  tMs: number[];
  value: number[];
  /** Results in all. */
  results: number;
  /** Moments that gave none: an input had no reading or too old a one. */
  none: number;
  /** The latest; null: there is none. */
  last: number | null;
}

export async function previewOf(
  readings: HistoryReader,
  { plan, inputs, unit }: Definition,
  { nowMs, hours }: { nowMs: number; hours: number },
): Promise<Preview> {
  const toMs = nowMs + 1;
  const fromMs = await startOf(readings, inputs, toMs - hours * HOUR_MS, toMs);
  const back = lookBackMs(plan!.spec);
  const last = await Promise.all(inputs.map((num) => lastBefore(readings, num, fromMs, back)));
  const calculation = createCalculation(plan!, { last, total: null });
  const preview: Preview = { unit, fromMs, tMs: [], value: [], results: 0, none: 0, last: null };
  const sums = new Map<number, { sum: number; n: number }>();
  const width = Math.max(1, Math.ceil((toMs - fromMs) / POINTS));
  for (let at = fromMs; at < toMs;) {
    const page = await momentsFrom(readings, inputs, at, toMs);
    page.tMs.forEach((tMs, i) => {
      const value = calculation.take(tMs, page.values[i]);
      if (value === null) return void preview.none++;
      preview.results++;
      preview.last = value;
      const start = fromMs + Math.floor((tMs - fromMs) / width) * width;
      const { sum, n } = sums.get(start) ?? { sum: 0, n: 0 };
      sums.set(start, { sum: sum + value, n: n + 1 });
    });
    if (page.untilMs <= at) break;
    at = page.untilMs;
  }
  for (const [start, { sum, n }] of sums) {
    preview.tMs.push(start);
    preview.value.push(sum / n);
  }
  return preview;
}

/** Where the preview begins so that it does not look at too much. */
async function startOf(
  readings: HistoryReader,
  inputs: readonly number[],
  fromMs: number,
  toMs: number,
): Promise<number> {
  const counts = await Promise.all(
    inputs.map((sensor) => readings.buckets({ sensor, fromMs, toMs, points: 60 })),
  );
  const most = READINGS_MOST / inputs.length;
  return Math.max(
    ...counts.map(({ tMs, n }) => {
      let sum = 0;
      for (let i = n.length - 1; i >= 0; i--) {
        sum += n[i];
        if (sum > most) return Math.min(tMs[i + 1] ?? toMs - 1, toMs - 1);
      }
      return fromMs;
    }),
    fromMs,
  );
}
