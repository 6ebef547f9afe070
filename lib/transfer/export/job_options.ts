/** What a job of the kind `export` was ordered with, as it is kept. */
import { z } from "zod";
import type { Sensor } from "../../machines/sensor.ts";
import { dateTime } from "../../words/times.ts";
import { type ExportForm, fileKindOf, formFields, formOf, isClash, NAMED_MOST } from "./order.ts";
import type { Selection } from "./plan.ts";
import { stepText } from "./steps.ts";

const optionsShape = z.object({
  sensors: z.array(z.string()).max(NAMED_MOST).optional(),
  machine: z.string().optional(),
  all: z.literal(true).optional(),
  from_ms: z.number(),
  to_ms: z.number(),
  ...formFields,
  gzip: z.boolean().optional(),
});
export type ExportJobOptions = z.output<typeof optionsShape>;

/** What is ordered: of whom, of which time, how. */
export interface ExportOrder {
  selection: Selection;
  fromMs: number;
  toMs: number;
  form: ExportForm;
}

export function optionsOf({ selection, fromMs, toMs, form }: ExportOrder): ExportJobOptions {
  const { stepMs, of, layout, format, gzip, ...rest } = form;
  return {
    ...(selection.kind === "all"
      ? { all: true as const }
      : selection.kind === "machine"
      ? { machine: selection.path }
      : { sensors: [...selection.ids] }),
    from_ms: fromMs,
    to_ms: toMs,
    ...{ format, layout },
    ...rest,
    ...(stepMs === null ? {} : { step: stepText(stepMs) }),
    ...(layout === "wide" ? { of } : {}),
    ...(gzip ? { gzip } : {}),
  };
}

/** The order again. @throws ZodError for what no order was */
export function orderOf(options: Record<string, unknown>): ExportOrder {
  const read = optionsShape.parse(options);
  const form = formOf(read, "UTC");
  if (isClash(form)) throw new TypeError(form.message);
  const selection: Selection = read.all
    ? { kind: "all" }
    : read.machine !== undefined
    ? { kind: "machine", path: read.machine }
    : { kind: "sensors", ids: read.sensors ?? [] };
  return { selection, fromMs: read.from_ms, toMs: read.to_ms, form };
}

/** What a person calls it: `hall/press, 2026-10-01 00:00 to 2026-11-01 00:00, CSV`. */
export function titleOf(order: ExportOrder, sensors: readonly Pick<Sensor, "name">[]): string {
  const { form, fromMs, toMs } = order;
  const time = (ms: number) => dateTime(ms, form.zone).slice(0, -3);
  return `${whatOf(order.selection, sensors)}, ${time(fromMs)} to ${time(toMs)}, ${
    FORMAT_WORDS[form.format]
  }`;
}

const FORMAT_WORDS: Record<ExportForm["format"], string> = {
  csv: "CSV",
  json: "JSON",
  ndjson: "NDJSON",
  parquet: "Parquet",
  sqlite: "SQLite",
};

function whatOf(selection: Selection, sensors: readonly Pick<Sensor, "name">[]): string {
  if (selection.kind === "all") return "Whole site";
  if (selection.kind === "machine") return selection.path;
  return sensors.length === 1 ? sensors[0].name : `${sensors.length} sensors`;
}

/** `perch-hall-press-20261001-20261101.csv.gz` */
export function fileNameOf(order: ExportOrder, sensors: readonly Pick<Sensor, "name">[]): string {
  const { form, fromMs, toMs, selection } = order;
  const what = selection.kind === "all" ? "site" : whatOf(selection, sensors);
  const day = (ms: number) => dateTime(ms, form.zone).slice(0, 10).replaceAll("-", "");
  const safe = what.replaceAll(/[^A-Za-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(-60) || "data";
  return `perch-${safe}-${day(fromMs)}-${day(toMs)}.${fileKindOf(form).extension}`;
}
