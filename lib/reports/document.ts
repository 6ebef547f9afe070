/**
 * A report as data: what is written into PDF, XLSX and CSV alike, and drawn on the page. The same data give the
 * same document, and the same document the same bytes.
 */

export interface ReportDocument {
  title: string;
  /** Under the title: machines, range in words. */
  subtitle: string;
  site: string;
  /** IANA zone in which times are written. */
  zone: string;
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  sections: ReportSection[];
}

export interface ReportSection {
  title: string;
  paragraphs: string[];
  figures: ReportFigure[];
  charts: ReportChart[];
  tables: ReportTable[];
  /** How its numbers are defined; each is printed once, at its end. */
  notes: ReportNote[];
}

/** A single number that a reader looks for first. */
export interface ReportFigure {
  label: string;
  /** As it is shown: "98.2 %", "no failure in 720 h". */
  text: string;
  /** Of `notes` of its section. */
  note?: string;
}

export interface ReportNote {
  id: string;
  text: string;
}

export type ColumnKind = "text" | "number" | "time" | "duration" | "percent";
export interface ReportColumn {
  title: string;
  kind: ColumnKind;
  unit?: string;
  /** Of numbers; default: as they are. */
  decimals?: number;
  note?: string;
}

/** Cells: text; number; epoch ms of a time; ms of a duration; 0…1 of a percent; null is empty. */
export interface ReportTable {
  title: string;
  columns: ReportColumn[];
  rows: (string | number | null)[][];
}

export interface ReportChart {
  title: string;
  /** What it shows, for those who do not see it. */
  alt: string;
  unit: string | null;
  fromMs: number;
  toMs: number;
  /** A line with its band from min to max; a gap where buckets are further apart than `gapMs`. */
  lines: ChartLine[];
  /** Horizontal lines. */
  limits: { label: string; value: number; severity: "warning" | "critical" }[];
  /** Coloured stretches below the lines: status, maintenance. */
  bands: { label: string; spans: { fromMs: number; toMs: number; state: string }[] }[];
  /** Bars side by side, instead of lines. */
  bars: { label: string; value: number; text: string }[];
}

export interface ChartLine {
  label: string;
  gapMs: number;
  tMs: Float64Array;
  min: Float64Array;
  mean: Float64Array;
  max: Float64Array;
}
