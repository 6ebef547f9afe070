/** Values of Influx's CSV files, by the type of their column. Pure. */
import type { Part, SegmentBuilder } from "../segment.ts";
import { quoted } from "../segment.ts";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DURATION = /(\d+)(ns|us|µs|ms|s|m|h|d|w)/gy;
const SECONDS: Readonly<Record<string, number>> = {
  ...{ ns: 1e-9, us: 1e-6, "µs": 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 },
};

/** What a series is called; worked out once for many rows. */
export interface Names {
  key: string;
  suggested: string;
  unit: string | null;
}

/**
 * Adds a cell. `type`: as in `#datatype`; undefined: what it looks like. Returns what is wrong with it, or null.
 */
export function addInfluxValue(
  segment: SegmentBuilder,
  names: Names,
  tMs: number,
  cell: string,
  type: string | undefined,
): string | null {
  const part = (kind: "number" | "binary" | "text", unit: string | null): Part =>
    segment.part(names.key, kind, unit, () => names.suggested);
  if (cell === "") {
    segment.empty();
    return null;
  }
  switch (type ?? typeOf(cell)) {
    case "double":
    case "long":
    case "unsignedLong":
      return addNumber(segment, part("number", names.unit), tMs, cell);
    case "boolean":
      if (cell !== "true" && cell !== "false") return `${quoted(cell)} is neither true nor false`;
      part("binary", null).reading(tMs, cell === "true" ? 1 : 0);
      return null;
    case "duration": {
      const seconds = secondsOf(cell);
      if (seconds === null) return `${quoted(cell)} is no duration, as 1h30m is`;
      part("number", "s").reading(tMs, seconds);
      return null;
    }
    case "base64Binary":
      return "binary data is no reading";
    default:
      part("text", null).text(tMs, cell);
      return null;
  }
}

function typeOf(cell: string): string {
  return NUMBER.test(cell) ? "double" : cell === "true" || cell === "false" ? "boolean" : "string";
}

function addNumber(segment: SegmentBuilder, part: Part, tMs: number, cell: string): string | null {
  if (cell === "NaN") {
    segment.empty();
    return null;
  }
  if (/^[+-]?Inf(inity)?$/.test(cell)) return INFINITE;
  const value = NUMBER.test(cell) ? Number(cell) : NaN;
  if (!Number.isFinite(value)) return `${quoted(cell)} is no number`;
  part.reading(tMs, value);
  return null;
}

export const INFINITE = "the value is infinite, which is no reading";

/** `1h30m` in seconds; months and years have no length. */
function secondsOf(text: string): number | null {
  const body = text.replace(/^-/, "");
  const parts = Array.from(body.matchAll(DURATION));
  if (parts.length === 0 || parts.map(([all]) => all).join("") !== body) return null;
  const sum = parts.reduce((total, [, count, unit]) => total + Number(count) * SECONDS[unit], 0);
  return text.startsWith("-") ? -sum : sum;
}
