/**
 * The last quarter of an hour of every sensor in memory, as means of 10 s: what sparklines are drawn from,
 * how often a sensor usually reports, and whether it is silent. About 750 bytes per sensor; nothing of it is
 * needed to answer queries. At start it is filled from the store in the background.
 *
 * Silence is judged by the rhythm that detection learns (`lib/detect/rhythm.ts`, handed in): the status and
 * the alarm say the same.
 */
import type { Clock } from "../base/clock.ts";
import type { CommittedGroup } from "../intake/committed.ts";
import type { Sensor, SensorDirectory } from "../machines/sensor.ts";
import { isPast, isRetained } from "../readings/reading.ts";
import type { ReadingsStore } from "../readings/store.ts";

export const RECENT_BUCKET_MS = 10_000;
export const RECENT_BUCKETS = 90;

/** Silent for this many of its set intervals: the sensor is offline. */
const SILENT_INTERVALS = 3;
/** Longer than any silence: nobody can say when the sensor should speak. A whole number, for JSON. */
export const NO_LIMIT_MS = Number.MAX_SAFE_INTEGER;
/** Sensors whose past is loaded at start; later ones fill up as they report. */
const SEED_MOST = 2_000;

export interface Recent {
  /** A committed group. */
  add(group: CommittedGroup): void;
  /** Means of the last 15 minutes, oldest first, NaN where nothing came. Null before the first reading. */
  line(num: number): Float64Array | null;
  /** Usual time between readings in ms; null until two came. */
  intervalMs(num: number): number | null;
  /** When its last reading arrived, by this host's clock; before the first since the start, its own time. */
  seenMs(sensor: Sensor): number | null;
  /** How long it may be silent: three set intervals, or by its rhythm; `NO_LIMIT_MS` when it has none. */
  silenceMs(sensor: Sensor): number;
  /** `offline` when silent for longer than that, else `normal`. The level of its value: `statuses.ts`. */
  status(sensor: Sensor): "normal" | "offline";
  /** What a sensor was before a restart: an offline one stays offline until something comes. */
  remember(num: number, status: "normal" | "offline"): void;
  /** Loads the last 15 minutes of every sensor; ends early when `signal` aborts. */
  seed(store: Pick<ReadingsStore, "buckets">, signal: AbortSignal): Promise<void>;
}

interface Series {
  /** Bucket number (time / 10 s) of the newest bucket that is kept. */
  newest: number;
  mean: Float64Array;
  count: Uint32Array;
  lastMs: number;
  intervalMs: number | null;
  /** When something arrived last, by this host's clock: a device's own clock may be wrong. */
  seenMs: number | null;
}

export function createRecent(deps: {
  clock: Clock;
  sensors: SensorDirectory;
  /** How long a sensor (storage number) may be silent by its own rhythm; null: it has none. */
  rhythmMs: (num: number) => number | null;
  /** Since when somebody has listened without a break. */
  heardSinceMs: () => number;
}): Recent {
  const { clock, sensors } = deps;
  const byNum: (Series | undefined)[] = [];
  /** Of sensors that nothing came from since the start. */
  const remembered = new Map<number, "normal" | "offline">();

  function seriesOf(num: number): Series {
    return byNum[num] ??= {
      newest: bucketOf(clock.now()),
      mean: new Float64Array(RECENT_BUCKETS),
      count: new Uint32Array(RECENT_BUCKETS),
      lastMs: NaN,
      intervalMs: null,
      seenMs: null,
    };
  }

  function put(series: Series, tMs: number, mean: number, count: number): void {
    const bucket = bucketOf(tMs);
    if (bucket > series.newest) moveTo(series, bucket);
    if (bucket <= series.newest - RECENT_BUCKETS) return;
    const slot = bucket % RECENT_BUCKETS;
    const n = series.count[slot] += count;
    series.mean[slot] += (mean - series.mean[slot]) * count / n;
  }

  function learnInterval(series: Series, tMs: number): void {
    const gapMs = tMs - series.lastMs;
    if (gapMs > 0) {
      // Follows a change within some ten readings; a single gap does not move it much.
      series.intervalMs = series.intervalMs === null
        ? gapMs
        : series.intervalMs + (Math.min(gapMs, 10 * series.intervalMs) - series.intervalMs) * 0.1;
    }
    if (!(gapMs <= 0)) series.lastMs = tMs;
  }

  const silenceMs = ({ num, settings }: Sensor) =>
    settings.expected_interval_ms === null
      ? deps.rhythmMs(num) ?? NO_LIMIT_MS
      : SILENT_INTERVALS * settings.expected_interval_ms;
  /** Its silence means something, whether or not its rhythm is known already. */
  const hasTimes = ({ kind, settings }: Sensor) =>
    kind === "number" || settings.expected_interval_ms !== null;
  const seenMs = (sensor: Sensor) => byNum[sensor.num]?.seenMs ?? sensor.last?.tMs ?? null;

  return {
    add(group) {
      const nowMs = clock.now();
      for (let i = 0; i < group.n; i++) {
        const series = seriesOf(group.sensor[i]);
        put(series, group.tMs[i], group.value[i], 1);
        // What the broker had kept, and what was so once, says nothing of whether its device is there.
        if (isRetained(group.flags[i]) || isPast(group.flags[i])) continue;
        learnInterval(series, group.tMs[i]);
        series.seenMs = nowMs;
      }
    },
    line(num) {
      const series = byNum[num];
      if (series === undefined) return null;
      const newest = Math.max(series.newest, bucketOf(clock.now()));
      const line = new Float64Array(RECENT_BUCKETS).fill(NaN);
      for (let i = 0; i < RECENT_BUCKETS; i++) {
        const bucket = newest - RECENT_BUCKETS + 1 + i;
        if (bucket > series.newest || bucket <= series.newest - RECENT_BUCKETS) continue;
        const slot = bucket % RECENT_BUCKETS;
        if (series.count[slot] > 0) line[i] = series.mean[slot];
      }
      return line;
    },
    intervalMs: (num) => byNum[num]?.intervalMs ?? null,
    seenMs,
    silenceMs,
    status(sensor) {
      const atMs = seenMs(sensor);
      if (atMs === null) return "offline";
      const before = byNum[sensor.num]?.seenMs == null ? remembered.get(sensor.num) : undefined;
      if (before === "offline" && hasTimes(sensor)) return "offline";
      const sinceMs = Math.max(atMs, deps.heardSinceMs());
      return clock.now() - sinceMs > silenceMs(sensor) ? "offline" : "normal";
    },
    remember: (num, status) => void remembered.set(num, status),
    async seed(store, signal) {
      const toMs = clock.now();
      const fromMs = toMs - RECENT_BUCKET_MS * RECENT_BUCKETS;
      const active = sensors.all().filter((s) => s.last !== null && s.last.tMs >= fromMs);
      for (const { num } of active.slice(0, SEED_MOST)) {
        if (signal.aborted) return;
        const past = await store.buckets({ sensor: num, fromMs, toMs, points: RECENT_BUCKETS + 1 });
        const series = seriesOf(num);
        let n = 0;
        for (let i = 0; i < past.tMs.length; i++) {
          n += past.n[i];
          // What came since the start is counted already.
          if (series.count[bucketOf(past.tMs[i]) % RECENT_BUCKETS] > 0) continue;
          put(series, past.tMs[i], past.mean[i], past.n[i]);
        }
        const spanMs = past.tMs.length > 1 ? past.tMs.at(-1)! - past.tMs[0] : 0;
        if (spanMs > 0) series.intervalMs ??= spanMs / Math.max(1, n - 1);
      }
    },
  };
}

function bucketOf(tMs: number): number {
  return Math.floor(tMs / RECENT_BUCKET_MS);
}

/** Clears the buckets between the newest one and `bucket`. */
function moveTo(series: Series, bucket: number): void {
  const steps = Math.min(bucket - series.newest, RECENT_BUCKETS);
  for (let i = 0; i < steps; i++) {
    const slot = (bucket - i) % RECENT_BUCKETS;
    series.mean[slot] = 0;
    series.count[slot] = 0;
  }
  series.newest = bucket;
}
