/** How much an export becomes, before it is made. */
import type { ReadingsStore } from "../../readings/store.ts";
import type { ExportForm } from "./order.ts";
import type { ExportPlan } from "./plan.ts";

export interface Estimate {
  /** About how many. */
  rows: number;
  bytes: number;
}

/** So many sensors are counted; of more, so many that stand for all. */
const COUNTED_MOST = 24;

/** Rows by the counts of (some of) the sensors; what a row takes is known from measured files. */
export async function estimate(
  readings: Pick<ReadingsStore, "buckets">,
  { form, series, fromMs, toMs }: ExportPlan,
): Promise<Estimate> {
  const { stepMs } = form;
  const stepsMost = stepMs === null ? Infinity : Math.ceil((toMs - fromMs) / stepMs);
  const every = Math.max(1, Math.ceil(series.length / COUNTED_MOST));
  const counted = series.filter((_, i) => i % every === 0);
  let sum = 0;
  let most = 0;
  for (const { num } of counted) {
    const { n } = await readings.buckets({ sensor: num, fromMs, toMs, points: 1 });
    const rows = Math.min(stepsMost, n.reduce((all, one) => all + one, 0));
    sum += rows;
    most = Math.max(most, rows);
  }
  const isWide = form.layout === "wide";
  const rows = counted.length === 0
    ? 0
    : isWide
    ? most
    : Math.round(sum * series.length / counted.length);
  const bytesOfRow = isWide ? wideRow(form, series.length) : longRow(form);
  return { rows, bytes: Math.round(rows * bytesOfRow) };
}

/** Bytes of a row of the long layout, as measured with readings of a plant. */
const LONG: Record<ExportForm["format"], number> = {
  csv: 75,
  json: 45,
  ndjson: 90,
  parquet: 6,
  sqlite: 25,
};
const GZIPPED = 0.12;
const WIDE_CELL: Record<ExportForm["format"], number> = {
  csv: 7,
  json: 8,
  ndjson: 40,
  parquet: 5,
  sqlite: 0,
};

function longRow({ format, gzip }: ExportForm): number {
  return LONG[format] * (gzip ? GZIPPED : 1);
}

function wideRow({ format, gzip }: ExportForm, columns: number): number {
  return (25 + columns * WIDE_CELL[format]) * (gzip ? 0.25 : 1);
}
