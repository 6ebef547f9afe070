/** What a comparison shows, and asks for when another range is looked at. */
import type { Annotation } from "../lib/annotations/annotation.ts";
import { type Conversion, shownIn } from "../lib/words/conversion.ts";
import { number, withUnit } from "../lib/words/numbers.ts";
import { addReading, type Buckets } from "./chart_data.ts";
import { onReadings, serverNow } from "./live.ts";
import { fetchOwn } from "./own.ts";
import { fetchAnnotations } from "./sensor_data.ts";

export interface ComparedSensor {
  id: string;
  /** Full name. */
  name: string;
  /** Machine and sensor as people call them. */
  title: string;
  unit: string | null;
  convert: Conversion | null;
  kind: "number" | "binary" | "text";
  decimals: number | null;
  states: string[];
  intervalMs: number | null;
  /** The page without it. */
  without: string;
}

export interface CompareProps {
  sensors: ComparedSensor[];
  /** In the order of the sensors. */
  series: Buckets[];
  annotations: Annotation[];
  layout: "overlaid" | "stacked";
  points: number;
  /** Length of the range that ends now, or null for a fixed one. */
  lengthMs: number | null;
  fromMs: number;
  toMs: number;
  nowMs: number;
  zone: string;
}

export interface Compared {
  fromMs: number;
  toMs: number;
  live: boolean;
  series: Buckets[];
  annotations: Annotation[];
}

/** @throws Error with the server's own sentence */
export async function fetchCompared(
  { sensors, points }: CompareProps,
  fromMs: number,
  toMs: number,
): Promise<Pick<Compared, "series" | "annotations">> {
  const ids = sensors.map(({ id }) => id);
  const [annotations, ...series] = await Promise.all([
    fetchAnnotations(ids, fromMs, toMs),
    ...sensors.map((sensor) => fetchBuckets(sensor, fromMs, toMs, points)),
  ]);
  return { series, annotations };
}

async function fetchBuckets(
  { id, unit, convert }: ComparedSensor,
  from: number,
  to: number,
  points: number,
): Promise<Buckets> {
  const query = new URLSearchParams({
    sensor: id,
    from: String(from),
    to: String(to),
    points: String(points),
    ...(convert === null ? {} : { unit: unit! }),
  });
  const response = await fetchOwn(`/api/readings?${query}`);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  const { bucket_ms: bucketMs, t, min, mean, max, n } = answer;
  const missing = answer.history_server?.failure ?? undefined;
  return { bucketMs, t, min, mean, max, n, missing };
}

/** Adds live readings while the view is live; the picture changes twice a second. */
export function followCompared(
  props: CompareProps,
  current: { current: Compared },
  setView: (view: Compared) => void,
): () => void {
  if (props.lengthMs === null) return () => {};
  const length = props.lengthMs;
  const indexOf = new Map(props.sensors.map(({ name }, i) => [name, i]));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = onReadings((readings) => {
    if (!current.current.live) return;
    for (const { sensor, ts, value } of readings) {
      const i = indexOf.get(sensor);
      if (i === undefined) continue;
      const { states, convert, kind } = props.sensors[i];
      const code = typeof value === "string" ? states.indexOf(value) : value;
      if (code < 0 && kind !== "number") continue;
      const fromMs = serverNow() - length;
      addReading(current.current.series[i], ts, shownIn(convert, code), fromMs);
    }
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!current.current.live) return;
      const toMs = serverNow();
      setView({ ...current.current, fromMs: toMs - length, toMs });
    }, 500);
  });
  return () => {
    stop();
    clearTimeout(timer);
  };
}

/** A value with its unit. */
export function shownWith({ unit, decimals }: ComparedSensor, value: number): string {
  return withUnit(number(value, decimals), unit);
}

/** What a sensor had at a time: the mean of the bucket there, or of the one before within `gap`; null: none. */
export function valueAt(buckets: Buckets, tMs: number, gap: number): number | null {
  const { t, mean } = buckets;
  let low = 0, high = t.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (t[middle] <= tMs) low = middle + 1;
    else high = middle;
  }
  return low === 0 || tMs - t[low - 1] > gap ? null : mean[low - 1];
}

/** How the line of each looks: three colours, then dashed. Never red or green: those are states. */
export const TONES = ["--series", "--second", "--third"] as const;
export const DASHES: readonly (readonly number[])[] = [[], [7, 4], [2, 3], [10, 3, 2, 3]];

export function lookOf(i: number): { tone: typeof TONES[number]; dash: readonly number[] } {
  return { tone: TONES[i % TONES.length], dash: DASHES[Math.floor(i / TONES.length) % 4] };
}
