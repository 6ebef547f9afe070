/** What an import has counted, and how it is kept over a kill. Pure. */
import { z } from "zod";
import type { RejectedLine } from "./format.ts";
import { REJECTED_LISTED, SERIES_LISTED } from "./imports.ts";

const placeShape = z.object({
  /** Where the segment begins; null: with the file. */
  segment: z.string().nullable(),
  /** When it began, for the first time. */
  beganMs: z.number(),
  /** Counts of all segments before that one. */
  read: z.number(),
  empty: z.number(),
  rejected: z.number(),
  skipped: z.number(),
  fromMs: z.number().nullable(),
  toMs: z.number().nullable(),
});
/** Where an import is: the words of its cursor. How much of the segment is stored stands beside them. */
export type ImportPlace = z.output<typeof placeShape>;

export function startAt(beganMs: number): ImportPlace {
  const counts = { read: 0, empty: 0, rejected: 0, skipped: 0 };
  return { segment: null, beganMs, ...counts, fromMs: null, toMs: null };
}

export function placeOfCursor(cursor: string): ImportPlace {
  return placeShape.parse(JSON.parse(cursor));
}

/** What a segment adds. */
export interface SegmentCounts {
  next: string;
  read: number;
  empty: number;
  rejected: number;
  skipped: number;
  /** Infinity and −Infinity: it has no readings that are imported. */
  fromMs: number;
  toMs: number;
}

export function placeAfter(place: ImportPlace, one: SegmentCounts): ImportPlace {
  const finite = (ms: number) => Number.isFinite(ms) ? ms : null;
  return {
    segment: one.next,
    beganMs: place.beganMs,
    read: place.read + one.read,
    empty: place.empty + one.empty,
    rejected: place.rejected + one.rejected,
    skipped: place.skipped + one.skipped,
    fromMs: finite(Math.min(place.fromMs ?? Infinity, one.fromMs)),
    toMs: finite(Math.max(place.toMs ?? -Infinity, one.toMs)),
  };
}

const listedShape = z.object({
  key: z.string(),
  sensor: z.string().nullable(),
  is_new: z.boolean(),
  read: z.number(),
});
export type ListedSeries = z.output<typeof listedShape>;

/** Lists of all segments before one: what a result shows beside its counts. */
export const detailsShape = z.object({
  segment: z.string().nullable(),
  rejected: z.array(z.object({ line: z.number(), reason: z.string() })),
  /** By key and kind. */
  series: z.array(z.tuple([z.string(), listedShape])),
  /** Series of which nothing is stored: they stay so, whatever is known of them after a restart. */
  lost: z.array(z.string()),
});
export type Details = z.output<typeof detailsShape>;

export const NO_DETAILS: Details = { segment: null, rejected: [], series: [], lost: [] };

/** The lists as they grow. */
export class DetailLists {
  readonly rejected: RejectedLine[];
  readonly series: Map<string, ListedSeries>;
  readonly lost: Set<string>;

  constructor(from: Details) {
    this.rejected = [...from.rejected];
    this.series = new Map(from.series.map(([id, one]) => [id, { ...one }]));
    this.lost = new Set(from.lost);
  }

  reject(lines: readonly RejectedLine[]): void {
    this.rejected.push(...lines.slice(0, REJECTED_LISTED - this.rejected.length));
  }

  /** Of a file with very many series the first are kept: the others are planned again, to the same end. */
  lose(id: string): void {
    if (this.lost.size < SERIES_LISTED) this.lost.add(id);
  }

  count(id: string, series: Omit<ListedSeries, "read">, read: number): void {
    const known = this.series.get(id);
    if (known !== undefined) known.read += read;
    else if (this.series.size < SERIES_LISTED) this.series.set(id, { ...series, read });
  }

  /** As they are before a segment. */
  at(segment: string | null): Details {
    return {
      segment,
      rejected: [...this.rejected],
      series: [...this.series].map(([id, one]) => [id, { ...one }]),
      lost: [...this.lost],
    };
  }
}
