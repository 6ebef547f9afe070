/** What a person orders: which sensors, which time, which form. Shared by the query, the body of a job and the page. */
import { z } from "zod";
import { MINUTE_MS } from "../../words/times.ts";
import { stepOfText } from "./steps.ts";

export const EXPORT_FORMATS = ["csv", "json", "ndjson", "parquet", "sqlite"] as const;
export type ExportFormat = typeof EXPORT_FORMATS[number];
export const EXPORT_LAYOUTS = ["long", "wide"] as const;
export type ExportLayout = typeof EXPORT_LAYOUTS[number];
export const STEP_VALUES = ["mean", "min", "max", "last"] as const;
export type StepValue = typeof STEP_VALUES[number];

/** Most columns of a wide table. */
export const WIDE_MOST = 1_000;
/** Most sensors that are named one by one. */
export const NAMED_MOST = 500;

export const stepField = z.string().superRefine((text, issue) => {
  if (stepOfText(text) !== null) return;
  issue.addIssue({
    code: "custom",
    message: `"${text.slice(0, 20)}" is no step; give seconds that divide a minute or whole ` +
      "minutes, hours or days up to 31: 10s, 1m, 15m, 1h, 1d",
  });
});

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

const zoneField = z.string().max(60)
  .refine(isZone, "must be the name of a time zone, such as Europe/Berlin or UTC");

/** How it is written: the fields that query, body and form share. */
export const formFields = {
  format: z.enum(EXPORT_FORMATS).optional().describe("default csv"),
  layout: z.enum(EXPORT_LAYOUTS).optional().describe("wide: a column for each sensor"),
  step: stepField.optional().describe("a row per step (10s, 1m, 1h, 1d); default readings"),
  of: z.enum(STEP_VALUES).optional().describe("wide: what stands for a step; default mean"),
  decimal: z.enum(["point", "comma"]).optional().describe("CSV; comma: with semicolons"),
  zone: zoneField.optional().describe("of times as text; default the site's"),
  units: z.enum(["stored", "shown"]).optional().describe("shown: as pages show them"),
};
const formShape = z.object({ ...formFields, gzip: z.boolean().optional() });
export type FormOrder = z.output<typeof formShape>;

/** The same, filled in. */
export interface ExportForm {
  format: ExportFormat;
  layout: ExportLayout;
  stepMs: number | null;
  of: StepValue;
  decimal: "point" | "comma";
  zone: string;
  units: "stored" | "shown";
  gzip: boolean;
}

/** A field, and what is wrong with it beside another. */
export interface Clash {
  field: keyof FormOrder;
  message: string;
}

const WIDE_STEP_MS = MINUTE_MS;

/** Fills in what was left out, or says what does not go together. */
export function formOf(order: FormOrder, siteZone: string): ExportForm | Clash {
  const { format = "csv", layout = "long", of = "mean", decimal = "point", units = "stored" } =
    order;
  const { zone = siteZone, gzip = false } = order;
  const step = order.step === undefined ? null : stepOfText(order.step);
  const clash = clashOf({ ...order, format, layout });
  if (clash !== null) return clash;
  const stepMs = step ?? (layout === "wide" ? WIDE_STEP_MS : null);
  return { format, layout, stepMs, of, decimal, zone, units, gzip };
}

export const isClash = (form: ExportForm | Clash): form is Clash => "field" in form;

function clashOf(order: FormOrder): Clash | null {
  const { format, layout, decimal, gzip, of } = order;
  if (format === "sqlite" && layout === "wide") {
    return { field: "layout", message: "a SQLite file has one row for each reading: choose long" };
  }
  if (decimal === "comma" && format !== "csv") {
    return { field: "decimal", message: `decimal commas are for csv; ${format} has numbers` };
  }
  if (gzip && (format === "parquet" || format === "sqlite")) {
    return { field: "gzip", message: `gzip is for csv, json and ndjson, not for ${format}` };
  }
  if (of !== undefined && layout === "long") {
    return { field: "of", message: "is for the wide layout: rows of steps hold min, mean and max" };
  }
  return null;
}

export interface FileKind {
  extension: string;
  type: string;
}

/** What the file is called after its dot, and its media type. */
export function fileKindOf({ format, gzip }: { format: ExportFormat; gzip: boolean }): FileKind {
  if (gzip) return { extension: `${format}.gz`, type: "application/gzip" };
  return { extension: format, type: TYPES[format] };
}

const TYPES: Record<ExportFormat, string> = {
  csv: "text/csv; charset=utf-8",
  json: "application/json",
  ndjson: "application/x-ndjson",
  parquet: "application/vnd.apache.parquet",
  sqlite: "application/vnd.sqlite3",
};
