/** What a meter counted over a range, resets included; most of it from buckets, and what falls is looked at closely. */
import type { Sensor } from "../../machines/sensor.ts";
import { quantityOf } from "../../machines/units.ts";
import type { BucketResult, ReadingsStore } from "../../readings/store.ts";
import { DAY_MS, MINUTE_MS } from "../../words/times.ts";
import type { Range } from "./sources.ts";

export interface Counted {
  /** In the sensor's own unit. */
  total: number;
  resets: number;
}

type Readings = Pick<ReadingsStore, "buckets" | "raw">;

/** A fall to less than this share of what it was is a reset; else a correction. */
const RESET_BELOW = 0.9;
/** A meter that falls more often is none. */
const FALLS_MOST = 100;
const POINTS = 1000;
const RAW_MOST = 10_000;
/** How far back its last reading before the range is looked for. */
const BEFORE_MS = DAY_MS;
const NAMED =
  /(^|[_\s-])(totals?|count(er|s)?|meter|consum\w*|pieces|parts|cycles|strokes)([_\s-]|$)/i;
const COUNTED = new Set(["volume", "mass", "energy"]);

/** It may be a meter: it is computed as a total, measures energy, or is called one. */
export function mayCount(sensor: Sensor, computed: "total" | "run_time" | null): boolean {
  if (sensor.kind !== "number") return false;
  if (computed !== null) return true;
  const quantity = sensor.unit === null ? null : quantityOf(sensor.unit);
  if (quantity === "energy") return true;
  return NAMED.test(sensor.sensor) && (quantity === null || COUNTED.has(quantity));
}

/** Null: it falls too often for a meter, goes below zero, or has no readings. */
export async function countedIn(
  readings: Readings,
  sensor: number,
  range: Range,
  buckets: BucketResult,
): Promise<Counted | null> {
  if (buckets.tMs.length === 0 || buckets.min.some((value) => value < 0)) return null;
  const walk: Walk = {
    last: await lastBefore(readings, sensor, range, BEFORE_MS),
    total: 0,
    resets: 0,
    falls: 0,
  };
  const whole = await walkBuckets(readings, sensor, buckets, range, walk);
  return whole ? { total: walk.total, resets: walk.resets } : null;
}

interface Walk {
  last: number | null;
  total: number;
  resets: number;
  falls: number;
}

/** False: it falls too often. */
async function walkBuckets(
  readings: Readings,
  sensor: number,
  { tMs, min, max, bucketMs }: BucketResult,
  range: Range,
  walk: Walk,
): Promise<boolean> {
  for (let i = 0; i < tMs.length; i++) {
    // Of the first one it is not known whether it holds a fall.
    const close = walk.last === null || min[i] < walk.last;
    if (!close) {
      walk.total += max[i] - walk.last!;
      walk.last = max[i];
      continue;
    }
    const isFirst = walk.last === null;
    if (!isFirst && ++walk.falls > FALLS_MOST) return false;
    const part = {
      fromMs: Math.max(range.fromMs, tMs[i]),
      toMs: Math.min(range.toMs, tMs[i] + bucketMs),
    };
    if (!await lookClosely(readings, sensor, part, bucketMs, walk)) return false;
    // The readings themselves are gone: what their summary says.
    if (walk.last === null) walk.last = max[i];
  }
  return true;
}

async function lookClosely(
  readings: Readings,
  sensor: number,
  part: Range,
  bucketMs: number,
  walk: Walk,
): Promise<boolean> {
  if (bucketMs > MINUTE_MS) {
    const finer = await readings.buckets({ sensor, ...part, points: POINTS });
    if (finer.bucketMs < bucketMs && finer.tMs.length > 1) {
      return await walkBuckets(readings, sensor, finer, part, walk);
    }
  }
  const { value } = await readings.raw({ sensor, ...part, limit: RAW_MOST });
  if (value.length > 0) {
    for (const one of value) step(walk, one);
    return true;
  }
  const summary = await readings.buckets({ sensor, ...part, points: 1 });
  if (summary.tMs.length === 0) return true;
  step(walk, summary.max[0]);
  if (summary.min[0] < summary.max[0] * RESET_BELOW) step(walk, summary.min[0]);
  return true;
}

function step(walk: Walk, value: number): void {
  if (walk.last !== null) {
    if (value >= walk.last) walk.total += value - walk.last;
    else if (value < walk.last * RESET_BELOW) {
      walk.resets++;
      walk.total += value;
    }
  }
  walk.last = value;
}

/** The last value before a range: so the totals of one month and the next are that of both. */
export async function lastBefore(
  readings: Readings,
  sensor: number,
  { fromMs }: Range,
  withinMs: number,
): Promise<number | null> {
  const past = { sensor, fromMs: Math.max(0, fromMs - withinMs), toMs: fromMs };
  if (past.fromMs >= past.toMs) return null;
  const found = await readings.buckets({ ...past, points: POINTS });
  const startMs = found.tMs.at(-1);
  if (startMs === undefined) return null;
  const raw = await readings.raw({
    sensor,
    fromMs: Math.max(past.fromMs, startMs),
    toMs: fromMs,
    limit: RAW_MOST,
  });
  return raw.value.at(-1) ?? found.max.at(-1)!;
}
