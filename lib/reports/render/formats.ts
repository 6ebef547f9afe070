/** What a report can be written as. */
import type { ReportDocument } from "../document.ts";

export const REPORT_FORMATS = ["pdf", "xlsx", "csv"] as const;
export type ReportFormat = typeof REPORT_FORMATS[number];

export const REPORT_TYPES: Readonly<Record<ReportFormat, string>> = {
  pdf: "application/pdf",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  csv: "text/csv; charset=utf-8",
};

export interface CsvOptions {
  /** For spreadsheets that are set to German, French or Spanish: `;` between cells, `1,5`. */
  decimalComma: boolean;
  /** With it Excel knows that the file is UTF-8. */
  byteOrderMark: boolean;
}

export interface RenderOrder {
  document: ReportDocument;
  format: ReportFormat;
  /** Written anew; only its owner may read it. */
  path: string;
  csv: CsvOptions;
}

/** Takes the bytes of a file bit by bit, and resolves when they are written. */
export type Sink = (bytes: Uint8Array) => Promise<void>;

/** Told before a section is written: so many are done. */
export type OnSection = (done: number, title: string) => void;
