/** Parquet (hyparquet-writer, which is loaded when the first such file is written): row groups of 25 000 rows. */
import type { ParquetWriter, SchemaElement, Writer } from "hyparquet-writer";
import { isText, noteAt, numberOf, textOf } from "../cells.ts";
import {
  type Block,
  type Bytes,
  type ExportHead,
  type ExportSeries,
  isLong,
  type LongBlock,
  type TableWriter,
  type WideBlock,
} from "../table.ts";
import { joinedBytes } from "../../../base/joined_bytes.ts";

export const ROWS_OF_GROUP = 25_000;
/** Cells of a group of a wide table. */
const CELLS_OF_GROUP = 300_000;

type Packages = typeof import("hyparquet-writer");
type Kind = "time" | "number" | "count" | "text";

/** A column, and the values of the rows that wait for their group. */
interface Column {
  name: string;
  kind: Kind;
  /** Null: in each row there is a value. */
  nullable: boolean;
  rows: Rows;
}
type Rows = (number | string | null)[] | BigInt64Array | Float64Array;

export async function parquetWriter(head: ExportHead): Promise<TableWriter> {
  const packages = await import("hyparquet-writer");
  return createWriter(packages, head, columnsOf(head));
}

function columnsOf(head: ExportHead): Column[] {
  const rows = head.layout === "wide"
    ? Math.max(1_000, Math.floor(CELLS_OF_GROUP / (head.series.length + 1)))
    : ROWS_OF_GROUP;
  const capacity = Math.min(rows, ROWS_OF_GROUP);
  const column = (name: string, kind: Kind, nullable: boolean): Column => ({
    name,
    kind,
    nullable,
    rows: kind === "time"
      ? new BigInt64Array(capacity)
      : kind === "number" && !nullable
      ? new Float64Array(capacity)
      : new Array(capacity).fill(null),
  });
  const time = column("time", "time", false);
  if (head.layout === "wide") {
    return [
      time,
      ...head.series.map((series) => column(series.name, isText(series) ? "text" : "number", true)),
    ];
  }
  const hasTexts = head.series.some(isText);
  const figures = head.stepMs === null ? [] : [
    column("min", "number", true),
    column("max", "number", true),
    column("n", "count", true),
  ];
  return [
    time,
    column("sensor", "text", false),
    column("value", "number", hasTexts),
    ...(hasTexts ? [column("text", "text", true)] : []),
    ...figures,
    column("unit", "text", true),
    column("note", "text", true),
  ];
}

function createWriter(
  { ParquetWriter, ByteWriter }: Packages,
  head: ExportHead,
  columns: Column[],
): TableWriter {
  const sink = createSink(ByteWriter);
  const writer: ParquetWriter = new ParquetWriter({
    writer: sink.writer,
    schema: schemaOf(columns),
    createdBy: "Perch",
    kvMetadata: [
      { key: "perch", value: JSON.stringify(head.site) },
      {
        key: "units",
        value: JSON.stringify(
          Object.fromEntries(head.series.map(({ name, unit }) => [name, unit])),
        ),
      },
    ],
  });
  const by = new Map(columns.map((column) => [column.name, column]));
  const capacity = columns[0].rows.length;
  let filled = 0;

  function flush(): Bytes {
    if (filled > 0) {
      const columnData = columns.map(({ name, rows, kind }) => ({
        name,
        data: filled === capacity ? rows : rows.slice(0, filled),
        ...(kind === "time" ? { encoding: "DELTA_BINARY_PACKED" as const } : {}),
      }));
      writer.write({ columnData, rowGroupSize: filled });
      filled = 0;
    }
    return sink.take();
  }

  /** Puts the rows one group after the other; gives the groups that became full. */
  function fill(n: number, put: (from: number, to: number, at: number) => void): Bytes {
    const groups: Bytes[] = [];
    for (let from = 0; from < n;) {
      const to = Math.min(n, from + capacity - filled);
      put(from, to, filled);
      filled += to - from;
      from = to;
      if (filled === capacity) groups.push(flush());
    }
    return joinedBytes(groups);
  }

  const long = (block: LongBlock) =>
    fill(block.tMs.length, (from, to, at) => {
      putLong(by, block, head, from, to, at);
    });
  const wide = ({ tMs, values }: WideBlock) =>
    fill(tMs.length, (from, to, at) => {
      for (let i = from; i < to; i++) columns[0].rows[at + i - from] = BigInt(tMs[i]);
      values.forEach((column, index) => {
        const series = head.series[index];
        const { rows } = columns[index + 1];
        for (let i = from; i < to; i++) rows[at + i - from] = cellOf(series, column[i]);
      });
    });

  return {
    begin: () => sink.take(),
    write: (block: Block) => (isLong(block) ? long(block) : wide(block)),
    end() {
      const last = flush();
      writer.finish();
      return joinedBytes([last, sink.take()]);
    },
    close() {},
  };
}

function cellOf(series: ExportSeries, value: number): number | string | null {
  if (Number.isNaN(value)) return null;
  return isText(series) ? textOf(series, value) : numberOf(series, value);
}

function putLong(
  columns: Map<string, Column>,
  block: LongBlock,
  { series: all, stepMs }: ExportHead,
  from: number,
  to: number,
  at: number,
): void {
  const rowsOf = (name: string) => columns.get(name)?.rows;
  const [time, value, text] = [rowsOf("time")!, rowsOf("value")!, rowsOf("text")];
  const [min, max, n] = [rowsOf("min"), rowsOf("max"), rowsOf("n")];
  const [sensor, unit, note] = [rowsOf("sensor")!, rowsOf("unit")!, rowsOf("note")!];
  const { spread } = block;
  const series = all[block.series];
  const texts = isText(series);
  for (let i = from; i < to; i++) {
    const row = at + i - from;
    time[row] = BigInt(block.tMs[i]);
    sensor[row] = series.name;
    unit[row] = series.unit;
    note[row] = noteAt(block, i, stepMs);
    value[row] = texts ? null : numberOf(series, block.value[i]);
    if (text !== undefined) text[row] = texts ? textOf(series, block.value[i]) : null;
    if (min === undefined) continue;
    min[row] = spread === null ? null : numberOf(series, spread.min[i]);
    max![row] = spread === null ? null : numberOf(series, spread.max[i]);
    n![row] = spread === null ? null : spread.n[i];
  }
}

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  return [
    { name: "root", num_children: columns.length },
    ...columns.map(({ name, kind, nullable }): SchemaElement => ({
      name,
      repetition_type: nullable ? "OPTIONAL" : "REQUIRED",
      ...ELEMENTS[kind],
    })),
  ];
}

const ELEMENTS: Record<Kind, Partial<SchemaElement>> = {
  time: {
    type: "INT64",
    converted_type: "TIMESTAMP_MILLIS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
  },
  number: { type: "DOUBLE" },
  count: { type: "INT32" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
};

/** Where the package writes to, and what it wrote since it was asked last. */
function createSink(ByteWriter: Packages["ByteWriter"]): { writer: Writer; take(): Bytes } {
  const writer = new ByteWriter(1 << 20);
  return {
    writer,
    take() {
      const bytes = writer.getBytes().slice();
      writer.index = 0;
      return bytes;
    },
  };
}
