/** Imports on the wire. */
import { z } from "zod";
import { msField } from "../../base/wire.ts";
import { uploadFields, uploadOf } from "../../uploads/shapes.ts";
import type { SiteToType } from "./confirm_site.ts";
import type { FolderFile, ImportUpload } from "./files.ts";
import type { ImportOptions } from "./format.ts";
import { type ImportPreview, mappedSeriesSchema, SERIES_LISTED } from "./imports.ts";

const PRECISIONS = ["ns", "us", "ms", "s"] as const;
const DELIMITERS = [",", ";", "\t"] as const;
const ROLES = ["time", "sensor", "value", "unit", "skip"] as const;
const KINDS = ["number", "binary", "text"] as const;

/** How a file is read. */
export const optionsShape = z.strictObject({
  precision: z.enum(PRECISIONS).optional().describe("of its times"),
  zone: z.string().max(64).optional().describe("IANA zone of times that name none"),
  delimiter: z.enum(DELIMITERS).optional(),
  decimal_comma: z.boolean().optional(),
  day_first: z.boolean().optional().describe("02/03/2026 is in March"),
  columns: z.array(z.strictObject({
    index: z.int().min(0).max(9_999),
    role: z.enum(ROLES),
    name: z.string().max(200).optional(),
    kind: z.enum(KINDS).optional(),
  })).max(10_000).optional().describe("of a CSV file"),
  csv_format: z.string().max(1_000).optional().describe(
    "`format` that VictoriaMetrics was asked for",
  ),
}).meta({ id: "ImportOptions" });
export type OptionsJson = z.output<typeof optionsShape>;

export function optionsOf(
  { decimal_comma, day_first, csv_format, ...same }: OptionsJson,
): ImportOptions {
  const all = {
    ...same,
    decimalComma: decimal_comma,
    dayFirst: day_first,
    csvFormat: csv_format,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

export function optionsJson(
  { decimalComma, dayFirst, csvFormat, ...same }: ImportOptions,
): OptionsJson {
  return { ...same, decimal_comma: decimalComma, day_first: dayFirst, csv_format: csvFormat };
}

/** Names of options on the wire, for errors and questions. */
export const WIRE_NAMES: Readonly<Record<string, keyof OptionsJson>> = {
  decimalComma: "decimal_comma",
  dayFirst: "day_first",
  csvFormat: "csv_format",
};

const fileField = z.string().min(1).max(300).describe(
  "id of an upload, or `import/NAME` in the data directory",
);
const formatField = z.string().min(1).max(40);

export const inspectShape = z.strictObject({
  file: fileField,
  format: formatField.optional().describe("default: as detected"),
  options: optionsShape.optional(),
});

/** What proves that an admin means it. */
export const proofShape = z.strictObject({
  site: z.string().max(200)
    .describe("name of this site, or of the other one that the file is from; typed"),
  password: z.string().max(1024).describe("one's own, again"),
  code: z.string().max(40).optional().describe("of one's second factor, when it is on"),
});
export type Proof = z.output<typeof proofShape>;

export const newImportShape = z.strictObject({
  file: fileField,
  format: formatField,
  options: optionsShape.optional(),
  mapping: z.array(mappedSeriesSchema).max(SERIES_LISTED).optional(),
  others: z.enum(["suggested", "skip"]).optional()
    .describe("series that `mapping` does not name; default `suggested`"),
  dry_run: z.boolean().optional().describe("only counts; needs no proof"),
  ...proofShape.partial().shape,
});

export const previewShape = z.object({
  format: z.string(),
  candidates: z.array(z.object({ id: z.string(), title: z.string(), sure: z.number() })),
  options: optionsShape,
  questions: z.array(z.object({ field: z.string(), message: z.string() }))
    .describe("what has to be said first"),
  rows: z.array(z.object({
    key: z.string(),
    unit: z.string().nullable(),
    t_ms: msField,
    value: z.union([z.number(), z.string()]),
  })).describe("the first"),
  series: z.array(z.object({
    key: z.string(),
    sensor: z.string(),
    is_new: z.boolean(),
    kind: z.enum(KINDS),
    unit: z.string().nullable(),
    problem: z.string().nullable(),
  })).describe("of the first rows"),
  notes: z.array(z.string()),
  site: z.object({ name: z.string(), foreign: z.boolean() }).describe("what has to be typed"),
}).meta({ id: "ImportPreview" });

export function previewJson(
  preview: ImportPreview,
  site: SiteToType,
): z.output<typeof previewShape> {
  const { format, candidates, options, questions, rows, series, mapping, notes } = preview;
  const kinds = new Map(series.map(({ key, kind }) => [key, kind]));
  return {
    ...{ format, candidates, notes, site, options: optionsJson(options) },
    questions: questions.map(({ field, message }) => ({
      field: WIRE_NAMES[field] ?? field,
      message,
    })),
    rows: rows.map(({ key, unit, tMs, value }) => ({ key, unit, t_ms: tMs, value })),
    series: mapping.map(({ key, sensor, isNew, unit, problem }) => ({
      ...{ key, sensor, is_new: isNew, kind: kinds.get(key) ?? "number", unit, problem },
    })),
  };
}

export const importUploadShape = z.object({
  ...uploadFields,
  site: z.string().nullable().describe("name of the site that it says it is from"),
}).meta({ id: "ImportUpload" });

export function importUploadOf(found: ImportUpload): z.output<typeof importUploadShape> {
  return { ...uploadOf(found), site: found.record.whole?.site?.name ?? null };
}

export const folderFileShape = z.object({
  file: z.string().describe("what an order names"),
  name: z.string(),
  bytes: z.number(),
  changed_ms: msField,
}).meta({ id: "ImportFile" });

export function folderFileOf(
  { ref, name, bytes, changedMs }: FolderFile,
): z.output<typeof folderFileShape> {
  return { file: ref, name, bytes, changed_ms: changedMs };
}
