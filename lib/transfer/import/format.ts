/**
 * Formats of history from elsewhere: each is one file that reads bytes (or a database) into columns. Pure but for
 * reading its source; runs in the import worker.
 */

import type { SensorKind } from "../../readings/reading.ts";

export interface ImportSource {
  /** File that is read; never written. */
  path: string;
  /** As the person knows it: `home-assistant_v2.db`. */
  name: string;
  bytes: number;
}

/** What a person may set, and what was found: each format reads those it knows. */
export interface ImportOptions {
  precision?: "ns" | "us" | "ms" | "s";
  /** IANA zone of times that name none. */
  zone?: string;
  delimiter?: "," | ";" | "\t";
  decimalComma?: boolean;
  dayFirst?: boolean;
  /** Plain CSV: which column is what. */
  columns?: ImportColumn[];
  /** VictoriaMetrics CSV: the format that was asked for. */
  csvFormat?: string;
}

export interface ImportColumn {
  /** From 0. */
  index: number;
  role: "time" | "sensor" | "value" | "unit" | "skip";
  /** Header of the column, or what is called so; of a value beside others, its series. */
  name?: string;
  kind?: ImportSeries["kind"];
}

/** One series as the file names it. */
export interface ImportSeries {
  /** Stable within the file: `press,machine=p1 temperature`. */
  key: string;
  /** Path `machine/sensor` that it would become, editable before. */
  suggested: string;
  unit: string | null;
  kind: SensorKind;
}

/** Readings of one series. Where a file has values of several kinds or units for it, there is a part for each. */
export interface SegmentPart {
  series: ImportSeries;
  tMs: Float64Array;
  /** Numbers; 0 and 1 of `binary`; index into `texts`. Readings without a value are left out and counted. */
  value: Float64Array;
  /** Texts of a text series. */
  texts?: string[];
  /** Hourly values instead of readings: then `value` is the mean. */
  hours?: { min: Float64Array; max: Float64Array };
}

export interface RejectedLine {
  /** 1 is the first line; the row of a database. */
  line: number;
  reason: string;
}

/**
 * A stretch of a file. The same bytes read from the same cursor give the same segments, so that what was stored
 * before a crash is known again. Parts in the order of first appearance; their readings in the order of the file.
 */
export interface Segment {
  /** Where reading continues after it. */
  next: string;
  /** Lines or rows. */
  read: number;
  parts: SegmentPart[];
  /** Gaps that the file names: `unavailable`, empty, null, NaN. */
  empty: number;
  /** At most 100; `rejectedCount` counts all. */
  rejected: RejectedLine[];
  rejectedCount: number;
  /** Of the file, 0…1. */
  share: number;
}

export interface ImportFormat {
  /** `influx-line`, `ha-history-csv` … as users name it (`--format`). */
  id: string;
  title: string;
  /** From the first 64 kB (decompressed): how sure, 0…1; 0: it is not. */
  detect(head: Uint8Array, source: ImportSource): number;
  /** What the first rows say: options as guessed, and what must be asked before. */
  inspect(source: ImportSource, options: ImportOptions): Promise<Inspection>;
  /** From a cursor on; null: from the beginning. Bounded in memory, whatever the file. Throws PerchError. */
  read(
    source: ImportSource,
    options: ImportOptions,
    cursor: string | null,
    signal: AbortSignal,
  ): AsyncGenerator<Segment>;
}

export interface Inspection {
  /** Filled in with what was detected. */
  options: ImportOptions;
  /** What a person has to say before it can be read, as sentences by field. */
  questions: { field: keyof ImportOptions; message: string }[];
  /** The first rows (at most 100), as they would be stored. */
  rows: {
    key: string;
    suggested: string;
    unit: string | null;
    tMs: number;
    value: number | string;
  }[];
  series: ImportSeries[];
  notes: string[];
}
