import { headOf } from "../bytes_source.ts";
import { type CsvRow, csvStretches, headRows } from "../csv_rows.ts";
import { placeAt } from "../cursor.ts";
import type { ImportOptions, ImportSource } from "../format.ts";
import { inspectByReading, type Readable } from "../inspecting.ts";
import { quoted, type SegmentBuilder } from "../segment.ts";
import { segmentsOf } from "../segments.ts";
import { influxNames, type Tags } from "../series_names.ts";
import { createTimeReader, guessPrecision, PRECISION_WORDS, type TimeReader } from "../times.ts";
import { addInfluxValue } from "./influx_values.ts";

const HEADER = /^(?:\ufeff)?name,(?:tags,)?time,/;

/** `influx -format csv` of InfluxDB 1: measurement, tags and time, then a column for each field. */
export const influxQueryCsv: Readable = {
  id: "influx-query-csv",
  title: "InfluxDB 1, query result (CSV)",

  detect(head) {
    return HEADER.test(new TextDecoder().decode(head.subarray(0, 200))) ? 1 : 0;
  },

  async inspect(source, given) {
    const options = await withPrecision(source, given);
    return inspectByReading(influxQueryCsv, source, options, [
      `Times are ${PRECISION_WORDS[options.precision!]} since 1970, or say their zone.`,
    ]);
  },

  async *read(source, given, cursor, signal, most?: number) {
    const times = createTimeReader(await withPrecision(source, given));
    const { place, kept } = placeAt<string[]>(cursor);
    let header = kept ?? null;
    yield* segmentsOf(csvStretches(source, ",", place, signal), (segment, { rows }) => {
      for (const row of rows) {
        if (row.cells.length === 1 && row.cells[0].trim() === "") continue;
        // Each measurement of a query has a header of its own.
        if (isHeader(row.cells)) header = row.cells;
        else addRow(segment, row, header, times);
      }
    }, { most, kept: () => header ?? undefined });
  },
};

function isHeader(cells: string[]): boolean {
  return cells[0] === "name" &&
    (cells[1] === "time" || (cells[1] === "tags" && cells[2] === "time"));
}

async function withPrecision(source: ImportSource, options: ImportOptions): Promise<ImportOptions> {
  if (options.precision !== undefined) return options;
  const rows = headRows(await headOf(source), ",").slice(0, 101);
  const at = rows.find(({ cells }) => isHeader(cells))?.cells.indexOf("time") ?? 1;
  const texts = rows.map(({ cells }) => cells[at] ?? "");
  return { ...options, precision: guessPrecision(texts) ?? "ns" };
}

function addRow(
  segment: SegmentBuilder,
  { cells, line }: CsvRow,
  header: string[] | null,
  times: TimeReader,
): void {
  segment.read++;
  if (header === null) {
    return segment.reject(line, "no header name,tags,time stands before the row");
  }
  if (cells.length !== header.length) {
    return segment.reject(line, `the row has ${cells.length} cells, its header ${header.length}`);
  }
  const first = header.indexOf("time") + 1;
  const tags = first === 3 ? tagsOf(cells[1]) : [];
  if (tags === null) {
    return segment.reject(line, `${quoted(cells[1])} are no tags, as machine=p1 is`);
  }
  const tMs = times.read(cells[first - 1], "");
  if (typeof tMs === "string") return segment.reject(line, tMs);
  for (let i = first; i < header.length; i++) {
    const names = influxNames(cells[0], tags, header[i]);
    const fault = addInfluxValue(segment, names, tMs, cells[i], undefined);
    if (fault !== null) segment.reject(line, fault);
  }
}

/** `machine=p1,hall=a`; null: it is something else. */
function tagsOf(text: string): Tags | null {
  if (text === "") return [];
  const tags = text.split(",").map((tag) => {
    const cut = tag.indexOf("=");
    return [tag.slice(0, cut), tag.slice(cut + 1)] as const;
  });
  return tags.every(([name]) => name !== "") && /^[^,]*=/.test(text)
    ? tags.filter(([, value]) => value !== "")
    : null;
}
