/**
 * How a sensor was over a range: as it was judged then, by the limits of then. What a limit would have found is a
 * back-test's to say. Where nobody judged, because Perch did not run or the readings came later, that is said.
 */
import type { Sensor } from "../machines/sensor.ts";
import type { BucketResult, ReadingsStore } from "../readings/store.ts";
import { PERCH } from "./past.ts";
import { coarse, overlaid, pastOf, type StateSpan, without } from "../words/past_spans.ts";
import type { StatusChange } from "./past_store.ts";
import type { SensorStatus } from "./status_words.ts";

/** `none`: no readings; `unknown`: there are readings, and nobody judged them then. */
export type TimelineStatus = Exclude<SensorStatus, "offline"> | "none" | "unknown";

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
  /** Buckets over `[fromMs, toMs)` and the status in them, up to `nowMs`. */
  of(sensor: Sensor, range: { fromMs: number; toMs: number; points: number }): Promise<Trend>;
}

/** Of more, stretches that are too short to be seen are drawn as the worst of them. */
const SPANS_MOST = 2_000;

export function createTrends(deps: {
  readings: Pick<ReadingsStore, "buckets">;
  /** The changes of a subject in a range, and the one that holds at its beginning. */
  past: (subject: string, range: { fromMs: number; toMs: number }) => Promise<StatusChange[]>;
  /** How long a sensor may be silent. */
  silenceMs: (sensor: Sensor) => number;
  nowMs: () => number;
}): Trends {
  const { readings, past } = deps;
  return {
    async of(sensor, { fromMs, toMs, points }) {
      const buckets = await readings.buckets({ sensor: sensor.num, fromMs, toMs, points });
      if (sensor.kind === "text") return { buckets, spans: [] };
      const range = { fromMs, toMs: Math.max(fromMs, Math.min(toMs, deps.nowMs())) };
      const [own, perch] = await Promise.all([past(sensor.id, range), past(PERCH, range)]);
      const gapMs = Math.max(deps.silenceMs(sensor), 2.5 * buckets.bucketMs);
      const judged = pastOf(own, perch, range);
      return { buckets, spans: coarse(withGaps(judged, buckets, gapMs), SPANS_MOST).map(shown) };
    },
  };
}

/** Where nobody judged and nothing was read, there are no readings: that is what is to be said. */
function withGaps(judged: readonly StateSpan[], buckets: BucketResult, gapMs: number): StateSpan[] {
  const unknown = judged.filter(({ state }) => state === "unknown");
  return overlaid(judged, without(unknown, readIn(buckets, gapMs)), "offline");
}

/** Stretches with readings: what is closer than `gapMs` belongs together. */
function readIn({ tMs, bucketMs }: BucketResult, gapMs: number) {
  const out: { fromMs: number; toMs: number }[] = [];
  for (const fromMs of tMs) {
    const last = out.at(-1);
    if (last !== undefined && fromMs - last.toMs <= gapMs) last.toMs = fromMs + bucketMs;
    else out.push({ fromMs, toMs: fromMs + bucketMs });
  }
  return out;
}

function shown({ fromMs, toMs, state }: StateSpan): StatusSpan {
  const isNone = state === "offline" || state === "maintenance";
  return { fromMs, toMs, status: isNone ? "none" : state };
}

/** How long each status lasted, in ms. */
export function lasted(spans: readonly StatusSpan[]): Record<TimelineStatus, number> {
  const sum = { normal: 0, warning: 0, critical: 0, none: 0, unknown: 0 };
  for (const { fromMs, toMs, status } of spans) sum[status] += toMs - fromMs;
  return sum;
}
