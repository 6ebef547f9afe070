/** What is said of one sensor over a range. */
import type { Sensor } from "../../machines/sensor.ts";
import type { Shown } from "../../machines/shown_unit.ts";
import type { BucketResult } from "../../readings/store.ts";
import { DAY_MS, HOUR_MS } from "../../words/times.ts";
import { type Counted, countedIn, mayCount } from "./meter.ts";
import { heldValues } from "./held_values.ts";
import { type Running, runningIn, runsOf, type StateTime, stateTimes } from "./running.ts";
import type { Scope } from "./scope.ts";
import type { Range, ReportSources } from "./sources.ts";
import { pastOf, type StateSpan } from "../../words/past_spans.ts";
import type { StatusChange } from "../../live/past_store.ts";

/** Of a line in a chart. */
const POINTS = 1000;

export interface SensorFacts {
  sensor: Sensor;
  shown: Shown;
  n: number;
  /** In the sensor's own unit; NaN without readings. */
  min: number;
  mean: number;
  max: number;
  /** 0…1. */
  coverage: number;
  states: StateSpan[];
  buckets: BucketResult;
  counted: Counted | null;
  running: Running | null;
  /** Of a sensor of states, the longest first; null: it has none, or changes too often. */
  stateTimes: StateTime[] | null;
}

export async function sensorFacts(
  sources: ReportSources,
  sensor: Sensor,
  scope: Scope,
  { perch, heard }: { perch: readonly StatusChange[]; heard: readonly Range[] },
): Promise<SensorFacts> {
  const { fromMs, toMs } = scope;
  const range = { fromMs, toMs };
  const { readings } = sources;
  const buckets = await readings.buckets({ sensor: sensor.num, ...range, points: POINTS });
  const states = pastOf(await sources.past(sensor.id, range), perch, range);
  const counts = sources.counts(sensor);
  const held = sensor.kind === "number" ? null : await heldValues(readings, sensor, range, buckets);
  const runs = runsOf(sensor);
  return {
    sensor,
    shown: sources.shown(sensor),
    ...summed(buckets),
    coverage: await coverageOf(sources, sensor, range, buckets),
    states,
    buckets,
    counted: mayCount(sensor, counts)
      ? await countedIn(readings, sensor.num, range, buckets)
      : null,
    running: held === null || runs === null ? null : runningIn(held, runs, heard),
    stateTimes: held === null ? null : stateTimes(held, heard),
  };
}

function summed({ n, min, mean, max }: BucketResult) {
  let count = 0, sum = 0, least = Infinity, most = -Infinity;
  for (let i = 0; i < n.length; i++) {
    count += n[i];
    sum += mean[i] * n[i];
    if (min[i] < least) least = min[i];
    if (max[i] > most) most = max[i];
  }
  return count === 0
    ? { n: 0, min: NaN, mean: NaN, max: NaN }
    : { n: count, min: least, mean: Math.min(most, Math.max(least, sum / count)), max: most };
}

async function coverageOf(
  { readings }: ReportSources,
  { num, settings, createdMs }: Sensor,
  range: Range,
  buckets: BucketResult,
): Promise<number> {
  if (buckets.tMs.length === 0) return 0;
  // Nothing is expected of it before there was one.
  const sinceMs = Math.max(range.fromMs, Math.min(createdMs, buckets.tMs[0]));
  const lengthMs = range.toMs - sinceMs;
  const n = buckets.n.reduce((sum, one) => sum + one, 0);
  if (settings.expected_interval_ms !== null) {
    return Math.min(1, n * settings.expected_interval_ms / lengthMs);
  }
  const partMs = lengthMs < DAY_MS ? lengthMs / 24 : HOUR_MS;
  // Buckets of more than a part say nothing of each part; a finer answer is one question more.
  const fine = buckets.bucketMs <= partMs ? buckets : await readings.buckets({
    sensor: num,
    ...range,
    points: Math.min(20_000, Math.ceil(lengthMs / partMs) + 2),
  });
  const widthMs = Math.max(partMs, fine.bucketMs);
  const parts = new Set<number>();
  for (const tMs of fine.tMs) parts.add(Math.floor((Math.max(tMs, sinceMs) - sinceMs) / widthMs));
  return Math.min(1, parts.size / Math.max(1, Math.ceil(lengthMs / widthMs)));
}
