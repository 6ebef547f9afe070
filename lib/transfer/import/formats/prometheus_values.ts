/** Samples of Prometheus and VictoriaMetrics as readings. Pure. */
import type { SegmentBuilder } from "../segment.ts";
import { quoted } from "../segment.ts";
import { prometheusNames, type Tags } from "../series_names.ts";
import { timeOfMs } from "../times.ts";
import { INFINITE, type Names } from "./influx_values.ts";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INFINITY = /^[+-]?inf(inity)?$/i;

/** Adds a sample. A counter that begins anew is kept as it is. Returns what is wrong with it, or null. */
export function addSample(
  segment: SegmentBuilder,
  names: Names,
  tMs: number | string,
  raw: unknown,
): string | null {
  if (typeof tMs === "string") return tMs;
  const value = sampleOf(raw);
  if (value === null) segment.empty();
  else if (typeof value === "string") return value;
  else segment.part(names.key, "number", names.unit, () => names.suggested).reading(tMs, value);
  return null;
}

/** A number; null: stale or no number; a text: why it is no reading. */
function sampleOf(raw: unknown): number | null | string {
  if (typeof raw === "number") return raw;
  if (raw === null) return null;
  if (typeof raw !== "string") return `${quoted(JSON.stringify(raw) ?? "")} is no number`;
  if (NUMBER.test(raw)) return Number.isFinite(Number(raw)) ? Number(raw) : INFINITE;
  if (/^[+-]?nan$/i.test(raw) || raw === "") return null;
  return INFINITY.test(raw) ? INFINITE : `${quoted(raw)} is no number`;
}

/** Seconds with a fraction as Prometheus writes them. */
export function timeOfSeconds(seconds: unknown): number | string {
  return typeof seconds === "number"
    ? timeOfMs(Math.floor(Math.round(seconds * 1e6) / 1e3))
    : "there is no time";
}

/** The names of `{"__name__":"up","job":"hall"}`; null: it is no such object. */
export function namesOfMetric(metric: unknown): Names | null {
  if (typeof metric !== "object" || metric === null || Array.isArray(metric)) return null;
  const { __name__: name = "", ...labels } = metric as Record<string, unknown>;
  const tags: Tags = Object.entries(labels).map(([label, value]) => [label, String(value)]);
  // What a query worked out has no name.
  return prometheusNames(String(name) || "value", tags);
}
