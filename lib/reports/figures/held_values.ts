/** Which value a sensor of states had from when to when; most of it from buckets, changes from the readings. */
import type { Sensor } from "../../machines/sensor.ts";
import type { BucketResult, ReadingsStore } from "../../readings/store.ts";
import { DAY_MS, MINUTE_MS } from "../../words/times.ts";
import { lastBefore } from "./meter.ts";
import type { Range } from "./sources.ts";

/** A value that held until another came. */
export interface Held extends Range {
  value: number;
  /** It came in the range, from another one. */
  entered: boolean;
}

type Readings = Pick<ReadingsStore, "buckets" | "raw">;

/** Readings that are looked at one by one; what changes more often is left out. */
const RAW_MOST = 300_000;
const PAGE = 10_000;
const POINTS = 1000;
/** What changes seldom says at the beginning what it said last. */
const BEFORE_MS = 30 * DAY_MS;

/** In order; null: it changes too often, or there is nothing of it. */
export async function heldValues(
  readings: Readings,
  { num }: Pick<Sensor, "num">,
  range: Range,
  buckets: BucketResult,
): Promise<Held[] | null> {
  const before = await lastBefore(readings, num, range, BEFORE_MS);
  if (before === null && buckets.tMs.length === 0) return null;
  const walk: Walk = { num, left: RAW_MOST, held: [], endMs: range.toMs };
  if (before !== null) {
    walk.held.push({ ...range, value: before, entered: false });
  }
  return await walkBuckets(readings, buckets, range, walk) ? walk.held : null;
}

interface Walk {
  num: number;
  left: number;
  held: Held[];
  endMs: number;
}

async function walkBuckets(
  readings: Readings,
  { tMs, min, max, bucketMs }: BucketResult,
  range: Range,
  walk: Walk,
): Promise<boolean> {
  for (let i = 0; i < tMs.length; i++) {
    // All are the same, and as before: nothing changed.
    if (min[i] === max[i] && walk.held.at(-1)?.value === min[i]) continue;
    const part = {
      fromMs: Math.max(range.fromMs, tMs[i]),
      toMs: Math.min(range.toMs, tMs[i] + bucketMs),
    };
    if (!await lookClosely(readings, part, bucketMs, walk)) return false;
  }
  return true;
}

async function lookClosely(
  readings: Readings,
  part: Range,
  bucketMs: number,
  walk: Walk,
): Promise<boolean> {
  if (bucketMs > MINUTE_MS) {
    const finer = await readings.buckets({ sensor: walk.num, ...part, points: POINTS });
    if (finer.bucketMs < bucketMs && finer.tMs.length > 1) {
      return await walkBuckets(readings, finer, part, walk);
    }
  }
  let cursor: string | undefined;
  let seen = 0;
  do {
    const page = await readings.raw({ sensor: walk.num, ...part, limit: PAGE, cursor });
    seen += page.value.length;
    walk.left -= page.value.length;
    if (walk.left < 0) return false;
    page.value.forEach((value, i) => take(walk, value, page.tMs[i]));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  // Where only summaries are left nobody knows when it changed.
  return seen > 0;
}

function take({ held, endMs }: Walk, value: number, tMs: number): void {
  const last = held.at(-1);
  if (last?.value === value) return;
  if (last !== undefined) last.toMs = tMs;
  held.push({ fromMs: tMs, toMs: endMs, value, entered: last !== undefined });
}
