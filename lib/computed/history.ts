/** What the inputs reported, read back from the store in order of time, a page at a time. */
import { LATEST_MS } from "../readings/reading.ts";
import type { RawResult, ReadingsStore } from "../readings/store.ts";
import { DAY_MS, HOUR_MS } from "../words/times.ts";
import type { Point } from "./calculation.ts";

export type HistoryReader = Pick<ReadingsStore, "raw" | "buckets">;

/** Readings of all inputs together that one page has at most. */
export const PAGE_READINGS = 5_000;
/** When so many readings have the very same time, a page takes more. */
const PAGE_MOST = 100_000;

/** Moments in order: at each, the value per input, NaN where an input has none. */
export interface Moments {
  tMs: number[];
  /** By moment, then by input. */
  values: (number | undefined)[][];
  /** All before this time is in here, or in pages before; exclusive. */
  untilMs: number;
  /** There was nothing further when it was read. */
  isLast: boolean;
}

/**
 * The next moments of `[fromMs, toMs)`. All inputs are asked in one go: the store answers one call after the other,
 * so that nothing is committed between them.
 */
export async function momentsFrom(
  readings: HistoryReader,
  inputs: readonly number[],
  fromMs: number,
  toMs: number = LATEST_MS,
  most: number = PAGE_READINGS,
): Promise<Moments> {
  const limit = Math.ceil(most / inputs.length);
  const pages = await Promise.all(
    inputs.map((sensor) => readings.raw({ sensor, fromMs, toMs, limit })),
  );
  // A page that ends within a moment leaves that moment to the next one.
  const ends = pages.map(({ next, tMs }) => next === null ? toMs : tMs[tMs.length - 1]);
  const untilMs = Math.min(...ends);
  if (untilMs <= fromMs && most < PAGE_MOST) {
    return await momentsFrom(readings, inputs, fromMs, toMs, most * 4);
  }
  return { ...merged(pages, untilMs), untilMs, isLast: untilMs === toMs };
}

function merged(pages: readonly RawResult[], untilMs: number): Pick<Moments, "tMs" | "values"> {
  const at = pages.map(() => 0);
  const times: number[] = [];
  const all: (number | undefined)[][] = [];
  for (;;) {
    let next = untilMs;
    for (let i = 0; i < pages.length; i++) {
      const time = pages[i].tMs[at[i]];
      if (time < next) next = time;
    }
    if (next === untilMs) return { tMs: times, values: all };
    const values = new Array<number | undefined>(pages.length).fill(undefined);
    for (let i = 0; i < pages.length; i++) {
      // Of several of one moment the last one counts.
      while (pages[i].tMs[at[i]] === next) values[i] = pages[i].value[at[i]++];
    }
    times.push(next);
    all.push(values);
  }
}

const LOOK_BACK_MS = [HOUR_MS, DAY_MS, 30 * DAY_MS, 365 * DAY_MS, Infinity];
/** A bucket of so many readings is read whole. */
const BUCKET_READINGS = 2_000;

/** The last reading before a time, at most `backMs` before it; null: there is none. */
export async function lastBefore(
  readings: HistoryReader,
  sensor: number,
  beforeMs: number,
  backMs: number,
): Promise<Point | null> {
  for (const lookMs of LOOK_BACK_MS) {
    const fromMs = Math.max(0, beforeMs - Math.min(lookMs, backMs));
    if (fromMs >= beforeMs) return null;
    const found = await lastWithin(readings, sensor, fromMs, beforeMs);
    if (found !== null) return found;
    if (lookMs >= backMs || fromMs === 0) return null;
  }
  return null;
}

async function lastWithin(
  readings: HistoryReader,
  sensor: number,
  fromMs: number,
  toMs: number,
): Promise<Point | null> {
  for (let from = fromMs, to = toMs;;) {
    const { tMs, n, bucketMs, tier } = await readings.buckets({
      sensor,
      fromMs: from,
      toMs: to,
      points: 200,
    });
    if (tMs.length === 0) return null;
    const last = tMs.length - 1;
    const before = to - from;
    [from, to] = [Math.max(from, tMs[last]), Math.min(to, tMs[last] + bucketMs)];
    // Where readings were summed up, buckets do not become any narrower.
    const isNarrowest = bucketMs === 1 || (tier !== "raw" && to - from === before);
    if (n[last] > BUCKET_READINGS && !isNarrowest) continue;
    const raw = await readings.raw({ sensor, fromMs: from, toMs: to, limit: PAGE_MOST });
    const at = raw.tMs.length - 1;
    return at < 0 ? null : { tMs: raw.tMs[at], value: raw.value[at] };
  }
}
