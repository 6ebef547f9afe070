/**
 * A segment on its way out of the import worker: all readings in a few arrays that change hands, one part after the
 * other, each in time order. The same segment is packed alike, so that a place in it can be kept.
 */
import type { ImportSeries, RejectedLine, Segment, SegmentPart } from "./format.ts";
import { timeOrder } from "./sorting.ts";

export interface PackedSegment extends Omit<Segment, "parts"> {
  parts: { series: ImportSeries; texts?: string[]; hours: boolean }[];
  /** Readings per part. */
  n: Uint32Array;
  tMs: Float64Array;
  value: Float64Array;
  /** Of hourly values, at their places; empty when there are none. */
  min: Float64Array;
  max: Float64Array;
}

/** `untilMs`: what is later cannot have been measured yet, and is rejected. */
export function packSegment(segment: Segment, untilMs: number): PackedSegment {
  const { parts: given, ...rest } = segment;
  const future: RejectedLine[] = [];
  let late = 0;
  const parts = given.map((part) => {
    const left = before(part, untilMs);
    const count = part.tMs.length - left.tMs.length;
    if (count > 0) {
      late += count;
      future.push({ line: 0, reason: lateReason(part, count, untilMs) });
    }
    return left;
  }).filter(({ tMs }) => tMs.length > 0);
  const n = Uint32Array.from(parts, ({ tMs }) => tMs.length);
  const all = n.reduce((sum, one) => sum + one, 0);
  const withHours = parts.some(({ hours }) => hours !== undefined);
  const packed: PackedSegment = {
    ...rest,
    rejected: [...rest.rejected, ...future],
    rejectedCount: rest.rejectedCount + late,
    parts: parts.map(({ series, texts, hours }) => ({
      series,
      texts,
      hours: hours !== undefined,
    })),
    n,
    tMs: new Float64Array(all),
    value: new Float64Array(all),
    min: new Float64Array(withHours ? all : 0),
    max: new Float64Array(withHours ? all : 0),
  };
  let at = 0;
  for (const part of parts) {
    const order = timeOrder(part.tMs);
    const put = (to: Float64Array, from: Float64Array) => {
      if (order === null) to.set(from, at);
      else for (let i = 0; i < order.length; i++) to[at + i] = from[order[i]];
    };
    put(packed.tMs, part.tMs);
    put(packed.value, part.value);
    if (part.hours !== undefined) {
      put(packed.min, part.hours.min);
      put(packed.max, part.hours.max);
    }
    at += part.tMs.length;
  }
  return packed;
}

function before(part: SegmentPart, untilMs: number): SegmentPart {
  const { tMs, value, hours } = part;
  let late = 0;
  for (let i = 0; i < tMs.length; i++) if (tMs[i] > untilMs) late++;
  if (late === 0) return part;
  const kept = (column: Float64Array) => column.filter((_, i) => tMs[i] <= untilMs);
  return {
    ...part,
    tMs: kept(tMs),
    value: kept(value),
    ...(hours && { hours: { min: kept(hours.min), max: kept(hours.max) } }),
  };
}

function lateReason({ series }: SegmentPart, count: number, untilMs: number): string {
  const key = series.key.slice(0, 100);
  return `${key}: ${count} readings lie in the future (after ${new Date(untilMs).toISOString()})`;
}
