/** What pages, the API and the command line may ask of imports. `run_import.ts` carries them out. */
import { z } from "zod";
import type { Audited } from "../../events/audit_change.ts";
import type { Job } from "../../jobs/job.ts";
import type { ImportOptions, Inspection } from "./format.ts";

/** Most series that an order maps one by one, and that a result lists. */
export const SERIES_LISTED = 10_000;
/** Most rejected lines that a result lists; they are counted exactly. */
export const REJECTED_LISTED = 1_000;

export const importOptionsSchema: z.ZodType<ImportOptions> = z.strictObject({
  precision: z.enum(["ns", "us", "ms", "s"]).optional(),
  zone: z.string().max(64).optional(),
  delimiter: z.enum([",", ";", "\t"]).optional(),
  decimalComma: z.boolean().optional(),
  dayFirst: z.boolean().optional(),
  columns: z.array(z.strictObject({
    index: z.int().min(0).max(9_999),
    role: z.enum(["time", "sensor", "value", "unit", "skip"]),
    name: z.string().max(200).optional(),
    kind: z.enum(["number", "binary", "text"]).optional(),
  })).max(10_000).optional(),
  csvFormat: z.string().max(1_000).optional(),
});

/** What becomes of one series of a file. */
export const mappedSeriesSchema = z.strictObject({
  key: z.string().max(4_000),
  /** `machine/sensor`, one that exists or a new one; null: it is skipped. */
  sensor: z.string().max(200).nullable(),
  /** The unit of its values in the file; null or left out: what the file says, or unknown. */
  unit: z.string().max(40).nullable().optional(),
});
export type MappedSeries = z.output<typeof mappedSeriesSchema>;

export const importOrderSchema = z.strictObject({
  /** Path of the file on this host, and its name as the person knows it. */
  file: z.string().min(1).max(4_096),
  name: z.string().min(1).max(255),
  format: z.string().max(40),
  options: importOptionsSchema,
  mapping: z.array(mappedSeriesSchema).max(SERIES_LISTED),
  /** Series that `mapping` does not name become what the format suggests, or are skipped. */
  others: z.enum(["suggested", "skip"]),
  /** Reads everything and counts what would be stored; stores nothing. */
  dry_run: z.boolean(),
  /** Id of an import of the same file that was cancelled or failed: goes on where that one ended. */
  continues: z.string().max(64).optional(),
});
export type ImportOrder = z.output<typeof importOrderSchema>;

export interface ImportFile {
  path: string;
  name: string;
}

/** What a file is, before anything of it is imported. */
export interface ImportPreview extends Inspection {
  format: string;
  /** All formats that it could be, the surest first. */
  candidates: { id: string; title: string; sure: number }[];
  /** What becomes of each series as things stand: the sensor there is, or the one that would be made. */
  mapping: {
    key: string;
    sensor: string;
    isNew: boolean;
    unit: string | null;
    /** Why it cannot be imported so: the sensor has another kind, or a unit that does not convert. */
    problem: string | null;
  }[];
}

export interface Imports {
  formats(): Promise<{ id: string; title: string }[]>;
  /** @throws PerchError `validation`: no format knows it, `not_found` */
  inspect(
    file: ImportFile,
    options: ImportOptions & { format?: string },
    signal?: AbortSignal,
  ): Promise<ImportPreview>;
  /** Imports are jobs of kind `import`; a dry run is one, too. @throws PerchError `validation`, and what orders do */
  order(order: ImportOrder, by: { name: string; audited: Audited }): Promise<Job>;
}

/** `Job.result` of an import. */
export interface ImportResult extends Record<string, unknown> {
  format: string;
  dry_run: boolean;
  /** Lines or rows. */
  read: number;
  stored: number;
  repeated: number;
  /** Gaps that the file names. */
  empty: number;
  rejected: number;
  /** Readings of series that are skipped. */
  skipped: number;
  /** The first rejected lines. */
  rejected_lines: { line: number; reason: string }[];
  /** Sensors that were made, or would be. */
  new_sensors: number;
  /** Per series, at most `SERIES_LISTED`; `read` counts its readings, `sensor` null: skipped. */
  series: { key: string; sensor: string | null; is_new: boolean; read: number }[];
  /** Earliest and latest reading; null: there was none. */
  from_ms: number | null;
  to_ms: number | null;
}
