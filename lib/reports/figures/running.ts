/** For how long a machine ran and how often it started, from a sensor that says so. */
import type { Sensor } from "../../machines/sensor.ts";
import type { BucketResult, ReadingsStore } from "../../readings/store.ts";
import { DAY_MS, MINUTE_MS } from "../../words/times.ts";
import { lastBefore } from "./meter.ts";
import type { Range } from "./sources.ts";
import { without } from "./spans.ts";

export interface Running {
  runMs: number;
  starts: number;
}

type Readings = Pick<ReadingsStore, "buckets" | "raw">;

const ON_OFF = /(^|[_\s-])(is_?running|running|run|in_operation|operating|producing|active)$/i;
const RUNS = /^(run|runs|running|producing|production|in production|operating|operation|on)$/i;
/** Readings that are looked at one by one; what switches more often is not counted. */
const RAW_MOST = 300_000;
const PAGE = 10_000;
const POINTS = 1000;
/** What switches seldom says at the beginning what it said last. */
const BEFORE_MS = 30 * DAY_MS;

/** The codes or values that say that the machine runs; null: this sensor does not say so. */
export function runsOf({ kind, sensor, states }: Sensor): ((value: number) => boolean) | null {
  if (kind === "binary") return ON_OFF.test(sensor) ? (value) => value !== 0 : null;
  if (kind !== "text") return null;
  const codes = new Set(states.flatMap((text, code) => RUNS.test(text.trim()) ? [code] : []));
  return codes.size === 0 ? null : (value) => codes.has(value);
}

/** Null: it switches too often, or there is nothing of it. */
export async function runningIn(
  readings: Readings,
  { num, kind }: Pick<Sensor, "num" | "kind">,
  runs: (value: number) => boolean,
  range: Range,
  { buckets, heard }: { buckets: BucketResult; heard: readonly Range[] },
): Promise<Running | null> {
  if (buckets.tMs.length === 0) return null;
  const before = await lastBefore(readings, num, range, BEFORE_MS);
  const isOn = before === null ? null : runs(before);
  const walk: Walk = {
    isOn,
    onMs: range.fromMs,
    starts: 0,
    on: [],
    left: RAW_MOST,
    num,
    runs,
    kind,
  };
  if (!await walkBuckets(readings, buckets, range, walk)) return null;
  if (walk.isOn) walk.on.push({ fromMs: walk.onMs, toMs: range.toMs });
  const deaf = without([range], heard);
  const runMs = without(walk.on, deaf).reduce((sum, one) => sum + one.toMs - one.fromMs, 0);
  return { runMs, starts: walk.starts };
}

interface Walk {
  isOn: boolean | null;
  onMs: number;
  starts: number;
  on: Range[];
  left: number;
  num: number;
  kind: Sensor["kind"];
  runs: (value: number) => boolean;
}

async function walkBuckets(
  readings: Readings,
  { tMs, min, max, bucketMs }: BucketResult,
  range: Range,
  walk: Walk,
): Promise<boolean> {
  for (let i = 0; i < tMs.length; i++) {
    const part = {
      fromMs: Math.max(range.fromMs, tMs[i]),
      toMs: Math.min(range.toMs, tMs[i] + bucketMs),
    };
    // Where all are the same it is known what each is; when it came matters only where it is a change.
    if (min[i] === max[i] && walk.isOn === walk.runs(min[i])) continue;
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
    page.value.forEach((value, i) => switched(walk, walk.runs(value), page.tMs[i]));
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  // Only summaries are left of on and off: their mean is the share of readings that were on.
  return seen > 0;
}

function switched(walk: Walk, isOn: boolean, tMs: number): void {
  if (isOn === walk.isOn) return;
  if (isOn) {
    if (walk.isOn === false) walk.starts++;
    walk.onMs = tMs;
  } else if (walk.isOn) walk.on.push({ fromMs: walk.onMs, toMs: tMs });
  walk.isOn = isOn;
}
