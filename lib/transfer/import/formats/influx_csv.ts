import { type CsvRow, csvStretches } from "../csv_rows.ts";
import { placeAt } from "../cursor.ts";
import type { ImportOptions } from "../format.ts";
import { inspectByReading, type Readable } from "../inspecting.ts";
import { quoted, type SegmentBuilder } from "../segment.ts";
import { segmentsOf } from "../segments.ts";
import { influxNames } from "../series_names.ts";
import { createTimeReader, type TimeReader } from "../times.ts";
import { addInfluxValue, type Names } from "./influx_values.ts";

const ANNOTATIONS = ["#group", "#datatype", "#default"] as const;
const BEGINS = /^(?:\ufeff)?[\s]*(?:#(?:group|datatype|default),|,result,table,)/;
/** Columns of every table, which name no series. */
const COMMON = new Set([
  "",
  "result",
  "table",
  "_start",
  "_stop",
  "_time",
  "_value",
  "_field",
  "_measurement",
]);
const NAMES_MOST = 10_000;

/** Where in its tables a file is: all that a row needs to be understood. */
interface Tables {
  /** Cells of the annotation rows since the last table, by their name. */
  annotations: Partial<Record<typeof ANNOTATIONS[number], string[]>>;
  /** Null: the next row that is no annotation is a header. */
  header: string[] | null;
  /** Annotation rows have begun for the next table. */
  isNew: boolean;
}

/** Annotated CSV of InfluxDB 2 and 3: tables after each other, each with its types. */
export const influxCsv: Readable = {
  id: "influx-csv",
  title: "InfluxDB, annotated CSV",

  detect(head) {
    return BEGINS.test(new TextDecoder().decode(head.subarray(0, 4096))) ? 1 : 0;
  },

  inspect: (source, options) => inspectByReading(influxCsv, source, options),

  async *read(source, options: ImportOptions, cursor, signal, most?: number) {
    const { place, kept } = placeAt<Tables>(cursor);
    const tables: Tables = kept ?? { annotations: {}, header: null, isNew: true };
    const times = createTimeReader({ precision: options.precision ?? "ns" });
    let table = tables.header === null ? null : createTable(tables, times);
    yield* segmentsOf(csvStretches(source, ",", place, signal), (segment, { rows }) => {
      for (const row of rows) {
        const what = kindOf(row, tables);
        if (what === "header") table = createTable(tables, times);
        else if (what === "data") table!(segment, row);
      }
    }, { most, kept: () => tables });
  },
};

/** What a row is; annotations and headers are remembered. */
function kindOf({ cells }: CsvRow, tables: Tables): "data" | "header" | "other" {
  if (cells.length === 1 && cells[0].trim() === "") {
    tables.header = null;
    return "other";
  }
  const name = ANNOTATIONS.find((one) => one === cells[0]);
  if (name !== undefined) {
    // The first annotation after rows: those of the table before are over.
    if (!tables.isNew) tables.annotations = {};
    tables.isNew = true;
    tables.header = null;
    tables.annotations[name] = cells;
    return "other";
  }
  if (cells[0].startsWith("#")) return "other";
  const repeats = tables.header?.length === cells.length &&
    tables.header.every((cell, i) => cell === cells[i]);
  if (tables.header !== null && !repeats) return "data";
  tables.header = cells;
  tables.isNew = false;
  return "header";
}

interface Column {
  index: number;
  name: string;
  type: string | undefined;
}

/** Reads the rows of one table. */
function createTable(
  { annotations, header }: Tables,
  times: TimeReader,
): (segment: SegmentBuilder, row: CsvRow) => void {
  const width = header!.length;
  // Annotations of a table before this one that has other columns say nothing about it.
  const of = (name: typeof ANNOTATIONS[number]) =>
    annotations[name]?.length === width ? annotations[name] : undefined;
  const [types, groups, defaults] = [of("#datatype"), of("#group"), of("#default")];
  const columns = header!.map((name, index): Column => ({ index, name, type: types?.[index] }));
  const find = (name: string) => columns.find((column) => column.name === name);
  const [time, measurement, field, value] = ["_time", "_measurement", "_field", "_value"].map(find);
  const error = find("reference") === undefined ? undefined : find("error");
  const { tags, fields } = roles(columns, groups, value);
  const cellOf = (cells: string[], column: Column | undefined) =>
    column === undefined ? "" : cells[column.index] || (defaults?.[column.index] ?? "");
  const namesOf = createNames();

  return (segment, { cells, line }) => {
    segment.read++;
    if (cells.length !== width) {
      return segment.reject(line, `the row has ${cells.length} cells, its header ${width}`);
    }
    if (error !== undefined) {
      return segment.reject(line, `the query failed: ${quoted(cellOf(cells, error))}`);
    }
    if (time === undefined) return segment.reject(line, "the table has no column _time");
    const tMs = times.read(cellOf(cells, time), "");
    if (typeof tMs === "string") return segment.reject(line, tMs);
    for (const column of fields) {
      const fieldName = column !== value
        ? column.name
        : field === undefined
        ? "value"
        : cellOf(cells, field);
      const names = namesOf(
        cellOf(cells, measurement) || "influx",
        tags.map((tag) => [tag.name, cellOf(cells, tag)] as const),
        fieldName,
      );
      const fault = addInfluxValue(segment, names, tMs, cellOf(cells, column), column.type);
      if (fault !== null) segment.reject(line, fault);
    }
  };
}

/**
 * Which columns name the series, and which hold values. A pivoted table has a column for each field: what is in the
 * group key names the series; where nothing is, texts do.
 */
function roles(
  columns: readonly Column[],
  groups: readonly string[] | undefined,
  value: Column | undefined,
): { tags: Column[]; fields: Column[] } {
  const own = columns.filter(({ name }) => !COMMON.has(name));
  const isText = ({ type }: Column) => type === "string";
  if (value !== undefined) {
    const isUntyped = columns.every(({ type }) => type === undefined);
    return { tags: own.filter((column) => isUntyped || isText(column)), fields: [value] };
  }
  const isGrouped = ({ index }: Column) => groups?.[index] === "true";
  const isTag = own.some(isGrouped) ? isGrouped : isText;
  return { tags: own.filter(isTag), fields: own.filter((column) => !isTag(column)) };
}

/** Names by what they are made of. */
function createNames(): (
  measurement: string,
  tags: (readonly [string, string])[],
  field: string,
) => Names {
  const known = new Map<string, Names>();
  return (measurement, tags, field) => {
    const id = `${measurement}\u0000${field}\u0000${tags.map(([, text]) => text).join("\u0000")}`;
    let names = known.get(id);
    if (names === undefined) {
      if (known.size >= NAMES_MOST) known.clear();
      // A tag that a series does not have is an empty cell.
      known.set(
        id,
        names = influxNames(measurement, tags.filter(([, text]) => text !== ""), field),
      );
    }
    return names;
  };
}
