/** What the page of a sensor shows, and asks for when another range is looked at. */
import type { Annotation } from "../lib/annotations/annotation.ts";
import type { Trend } from "../lib/live/shapes.ts";
import type { StatusSpan } from "../lib/live/timeline.ts";
import { type Conversion, shownIn } from "../lib/words/conversion.ts";
import { number, withUnit } from "../lib/words/numbers.ts";
import { dateTime } from "../lib/words/times.ts";
import { isShown, type Mark } from "./anomaly_mark.ts";
import type { Buckets } from "./chart_data.ts";
import type { ShownLimits } from "./limits.ts";
import { fetchOwn } from "./own.ts";

export interface SensorViewProps {
  id: string;
  name: string;
  /** That it is shown in. */
  unit: string | null;
  /** From the unit in which it is stored; null, or none: that is it. */
  convert?: Conversion | null;
  kind: "number" | "binary" | "text";
  /** As somebody has set them; null: as fits the value. */
  decimals: number | null;
  limits: ShownLimits;
  /** Texts of a state sensor by code. */
  states: string[];
  intervalMs: number | null;
  /** Length of the range that ends now, or null for a fixed one. */
  lengthMs: number | null;
  /** Name of the range in links. */
  range: string;
  fromMs: number;
  toMs: number;
  nowMs: number;
  zone: string;
  points: number;
  buckets: Buckets;
  /** The status over the range; empty for a sensor of texts. */
  spans: StatusSpan[];
  /** Newest first. */
  marks: Mark[];
  /** What happened in the range, by time. */
  annotations: Annotation[];
  /** May say whether an anomaly was real, and note something. */
  mayJudge: boolean;
}

/** What is looked at. */
export interface View {
  fromMs: number;
  toMs: number;
  /** Follows the newest reading. */
  live: boolean;
  buckets: Buckets;
  spans: StatusSpan[];
  marks: Mark[];
  annotations: Annotation[];
}

/** Anomalies drawn and listed at most. */
export const MARKS_MOST = 200;

/** Buckets and status of a range. @throws Error with the server's own sentence */
export async function fetchTrend(
  props: SensorViewProps,
  from: number,
  to: number,
): Promise<{ buckets: Buckets; spans: StatusSpan[] }> {
  const query = new URLSearchParams({
    from: String(from),
    to: String(to),
    points: String(props.points),
    ...(!props.convert ? {} : { unit: props.unit! }),
  });
  const response = await fetchOwn(`/api/sensors/${props.id}/trend?${query}`);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  const { bucket_ms: bucketMs, summed_until_ms: summedUntilMs, t, min, mean, max, n, damaged } =
    answer;
  const missing = answer.history_server?.failure ?? undefined;
  const status: Trend["status"] = answer.status;
  return {
    buckets: { bucketMs, summedUntilMs, t, min, mean, max, n, damaged, missing },
    spans: status.map(({ from_ms, to_ms, status }) => ({ fromMs: from_ms, toMs: to_ms, status })),
  };
}

/** Anomalies of a range, newest first. @throws Error with the server's own sentence */
export async function fetchMarks(
  props: SensorViewProps,
  from: number,
  to: number,
): Promise<Mark[]> {
  const query = new URLSearchParams({
    sensor: props.id,
    from: String(Math.max(0, from)),
    to: String(to),
    limit: String(MARKS_MOST),
  });
  const response = await fetchOwn(`/api/anomalies?${query}`);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return (answer.items as Mark[]).filter(isShown).map((mark) => shownMark(props, mark));
}

/** What happened in a range, by time. @throws Error with the server's own sentence */
export async function fetchAnnotations(
  sensors: readonly string[],
  from: number,
  to: number,
): Promise<Annotation[]> {
  const query = new URLSearchParams({ from: String(Math.max(0, from)), to: String(to) });
  for (const id of sensors) query.append("sensor", id);
  const response = await fetchOwn(`/api/annotations?${query}`);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer.items;
}

/** An anomaly with its value in the unit that is shown. */
export function shownMark({ convert }: Pick<SensorViewProps, "convert">, mark: Mark): Mark {
  const { low, high } = mark.expected;
  return {
    ...mark,
    value: shownIn(convert, mark.value),
    expected: { low: shownIn(convert, low), high: shownIn(convert, high) },
  };
}

/** The page of exports with this sensor and this range. */
export function exportLink({ id, zone, lengthMs, range }: SensorViewProps, view: View): string {
  const local = (ms: number) => dateTime(ms, zone).replace(" ", "T").slice(0, 16);
  const period: Record<string, string> = lengthMs === null || range === "custom" || !view.live
    ? { from: local(view.fromMs), to: local(view.toMs) }
    : { range };
  return `/export?${new URLSearchParams({ sensor: id, ...period })}`;
}

/** Where the readings of what is shown can be downloaded. */
export function link(
  props: SensorViewProps,
  view: View,
  format: "csv" | "ndjson" | "json",
): string {
  const query = new URLSearchParams({
    sensor: props.id,
    from: String(Math.floor(view.fromMs)),
    to: String(Math.ceil(view.toMs)),
    points: "0",
    format,
  });
  return `/api/readings?${query}`;
}

/** A point in words. */
export function pointText(buckets: Buckets, i: number, props: SensorViewProps): string {
  const text = (value: number) => number(value, props.decimals);
  const mean = `${dateTime(buckets.t[i], props.zone)}: ${
    withUnit(text(buckets.mean[i]), props.unit)
  }`;
  return buckets.n[i] === 1 ? mean : `${mean}, ${text(buckets.min[i])} to ${text(buckets.max[i])}`;
}
