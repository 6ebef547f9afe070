/**
 * The status of a sensor over a range, judged anew by the one threshold evaluator from what is stored. Readings are
 * judged one by one while they are few; of more, each step shows the worst that its lowest and highest value
 * give, and a delay counts from step to step.
 */
import type { Sensor } from "../machines/sensor.ts";
import { hasLimits, type SensorSettings } from "../machines/sensor_settings.ts";
import type { BucketResult, ReadingsStore } from "../readings/store.ts";
import type { SensorStatus } from "./status_words.ts";
import type { LimitJudge } from "./statuses.ts";

/** `none`: no readings. */
export type TimelineStatus = Exclude<SensorStatus, "offline"> | "none";

/** A stretch of one status, its end exclusive. */
export interface StatusSpan {
  fromMs: number;
  toMs: number;
  status: TimelineStatus;
}

export interface Trend {
  buckets: BucketResult;
  /** In order, without holes; empty for a sensor of texts. */
  spans: StatusSpan[];
}

export interface Trends {
  /** Buckets over `[fromMs, toMs)` and the status in them; nothing is judged beyond `nowMs`. */
  of(sensor: Sensor, range: { fromMs: number; toMs: number; points: number }): Promise<Trend>;
}

const RANK = { none: 0, normal: 1, warning: 2, critical: 3 } as const;
const RAW_MOST = 20_000;
/** Readings from before the range, so that a delay or hysteresis is as it was at its beginning. */
const LEAD_LEAST_MS = 10 * 60_000;
const LEAD_MOST_MS = 86_400_000;

interface Step {
  tMs: number;
  /** Until when the value holds at least: the end of a bucket. */
  endMs: number;
  low: number;
  high: number;
}

export function createTrends<State>(deps: {
  readings: Pick<ReadingsStore, "raw" | "buckets">;
  judge: LimitJudge<State>;
  /** How long a sensor may be silent. */
  silenceMs: (sensor: Sensor) => number;
  nowMs: () => number;
}): Trends {
  const { readings, judge } = deps;

  async function stepsOf(
    sensor: Sensor,
    fromMs: number,
    toMs: number,
    points: number,
  ): Promise<{ steps: Step[]; widthMs: number }> {
    const found = await readings.buckets({ sensor: sensor.num, fromMs, toMs, points });
    const count = found.n.reduce((sum, n) => sum + n, 0);
    if (count > RAW_MOST || found.tier !== "raw") {
      return { steps: stepsOfBuckets(found), widthMs: found.bucketMs };
    }
    const { tMs, value } = await readings.raw({
      sensor: sensor.num,
      fromMs,
      toMs,
      limit: RAW_MOST,
    });
    const steps = Array.from(tMs, (tMs, i) => ({
      tMs,
      endMs: tMs,
      low: value[i],
      high: value[i],
    }));
    return { steps, widthMs: 0 };
  }

  return {
    async of(sensor, { fromMs, toMs, points }) {
      const buckets = await readings.buckets({ sensor: sensor.num, fromMs, toMs, points });
      if (sensor.kind === "text") return { buckets, spans: [] };
      const { settings } = sensor;
      const leadMs = hasLimits(settings)
        ? Math.min(LEAD_MOST_MS, Math.max(LEAD_LEAST_MS, 2 * settings.delay_ms))
        : 0;
      const silenceMs = deps.silenceMs(sensor);
      const since = Math.max(0, fromMs - Math.max(leadMs, Math.min(silenceMs, LEAD_MOST_MS)));
      const { steps, widthMs } = await stepsOf(sensor, since, toMs, points);
      const gapMs = Math.max(silenceMs, 2.5 * widthMs);
      const endMs = Math.max(fromMs, Math.min(toMs, deps.nowMs()));
      const spans = spansOfSteps(steps, { settings, judge, gapMs, endMs });
      return { buckets, spans: cut(spans, fromMs, endMs) };
    },
  };
}

function stepsOfBuckets({ bucketMs, tMs, min, max }: BucketResult): Step[] {
  return Array.from(tMs, (start, i) => ({
    tMs: start,
    endMs: start + bucketMs,
    low: min[i],
    high: max[i],
  }));
}

/** How long each status lasted, in ms. */
export function lasted(spans: readonly StatusSpan[]): Record<TimelineStatus, number> {
  const sum = { normal: 0, warning: 0, critical: 0, none: 0 };
  for (const { fromMs, toMs, status } of spans) sum[status] += toMs - fromMs;
  return sum;
}

/** Judges step by step; a value holds until the next one, and is `none` when that is further than `gapMs`. */
export function spansOfSteps<State>(
  steps: readonly Step[],
  { settings, judge, gapMs, endMs }: {
    settings: SensorSettings;
    judge: LimitJudge<State>;
    gapMs: number;
    endMs: number;
  },
): StatusSpan[] {
  const spans: StatusSpan[] = [];
  const limited = hasLimits(settings);
  const state = judge.fresh();
  const add = (fromMs: number, toMs: number, status: TimelineStatus) => {
    const last = spans.at(-1);
    if (toMs <= fromMs) return;
    if (last?.status === status && last.toMs === fromMs) last.toMs = toMs;
    else spans.push({ fromMs, toMs, status });
  };
  const judged = (value: number, tMs: number) =>
    limited ? judge.step(settings, state, value, tMs) : "normal";
  steps.forEach(({ tMs, endMs: ownEndMs, low, high }, i) => {
    const nextMs = steps[i + 1]?.tMs ?? endMs;
    const first = judged(low, tMs);
    const second = high === low ? first : judged(high, tMs);
    const level = RANK[second] > RANK[first] ? second : first;
    const silent = nextMs - ownEndMs > gapMs;
    const heldMs = silent ? ownEndMs : nextMs;
    const dueMs = tMs + settings.delay_ms;
    // Between readings the value holds: a delay may end there.
    if (limited && settings.delay_ms > 0 && low === high && dueMs > tMs && dueMs < heldMs) {
      add(tMs, dueMs, level);
      add(dueMs, heldMs, judged(NaN, dueMs));
    } else add(tMs, Math.max(heldMs, tMs + 1), level);
    if (silent) add(Math.max(heldMs, tMs + 1), nextMs, "none");
  });
  return spans;
}

/** The part in `[fromMs, toMs)`, with `none` where nothing is known. */
function cut(spans: readonly StatusSpan[], fromMs: number, toMs: number): StatusSpan[] {
  const out: StatusSpan[] = [];
  let at = fromMs;
  for (const span of spans) {
    const start = Math.max(span.fromMs, at), end = Math.min(span.toMs, toMs);
    if (end <= start) continue;
    if (start > at) out.push({ fromMs: at, toMs: start, status: "none" });
    out.push({ fromMs: start, toMs: end, status: span.status });
    at = end;
  }
  if (at < toMs) out.push({ fromMs: at, toMs, status: "none" });
  return out;
}
