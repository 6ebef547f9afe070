import { PerchError } from "../../../base/errors.ts";
import { headOf } from "../bytes_source.ts";
import { type CsvRow, csvStretches, headRows } from "../csv_rows.ts";
import { placeAt } from "../cursor.ts";
import type { ImportOptions } from "../format.ts";
import { asked, inspectByReading, type Readable } from "../inspecting.ts";
import { quoted, type SegmentBuilder } from "../segment.ts";
import { segmentsOf } from "../segments.ts";
import { prometheusNames } from "../series_names.ts";
import { createTimeReader, precisionOf, type TimeReader } from "../times.ts";
import { addSample } from "./prometheus_values.ts";

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const PRECISION_OF = { unix_s: "s", unix_ms: "ms", unix_ns: "ns", rfc3339: undefined } as const;
type TimeFormat = keyof typeof PRECISION_OF;
const EXAMPLE = "__name__,zone,__value__,__timestamp__:unix_s";

/** VictoriaMetrics `/api/v1/export/csv`: the columns that were asked for, without a header. */
export const victoriaCsv: Readable = {
  id: "victoria-csv",
  title: "VictoriaMetrics, CSV",

  // Any table without a header might be one: it is likely where names of metrics, numbers and times stand in it.
  detect(head) {
    try {
      const rows = headRows(head, ",").filter(({ cells }) => cells.length > 2).slice(0, 20);
      const isOne = rows.length > 0 &&
        rows.every(({ cells }) =>
          cells.some((cell) => NAME.test(cell) && cell.includes("_")) &&
          cells.some((cell) => precisionOf(cell) !== null) &&
          cells.some((cell) =>
            precisionOf(cell) === null && cell !== "" && Number.isFinite(Number(cell))
          )
        );
      return isOne ? 0.6 : 0;
    } catch {
      return 0;
    }
  },

  async inspect(source, options) {
    if (options.csvFormat === undefined) {
      const [row] = headRows(await headOf(source), ",");
      const guess = guessFormat(row?.cells ?? []);
      const message =
        "Say which format was asked for in the export, one name for each column, as " +
        `${guess ?? EXAMPLE}.`;
      return asked(options, [{ field: "csvFormat", message }]);
    }
    const { precision } = columnsOf(options);
    return await inspectByReading(victoriaCsv, source, { ...options, precision });
  },

  async *read(source, options, cursor, signal, most?: number) {
    const columns = columnsOf(options);
    const times = createTimeReader({ precision: columns.precision });
    const stretches = csvStretches(source, ",", placeAt(cursor).place, signal);
    yield* segmentsOf(stretches, (segment, { rows }) => {
      for (const row of rows) addRow(segment, row, columns, times);
    }, { most });
  },
};

interface Columns {
  names: string[];
  value: number;
  time: number;
  precision: ImportOptions["precision"];
}

/** @throws PerchError `validation` that names what is wrong with the format */
function columnsOf({ csvFormat }: ImportOptions): Columns {
  const refuse = (why: string): never => {
    throw new PerchError("validation", `the format ${quoted(csvFormat ?? "")} ${why}`, {
      errors: [{ path: "csvFormat", message: `as in the export: ${EXAMPLE}` }],
    });
  };
  if (csvFormat === undefined) return refuse("is not given");
  const names = csvFormat.split(",").map((name) => name.trim());
  const time = names.findIndex((name) => name.startsWith("__timestamp__"));
  const value = names.indexOf("__value__");
  if (time < 0 || value < 0) return refuse("lacks __value__ or __timestamp__");
  const format = names[time].split(":")[1] ?? "unix_ms";
  if (!Object.hasOwn(PRECISION_OF, format)) {
    return refuse(`has times as ${quoted(format)}; known are unix_s, unix_ms, unix_ns, rfc3339`);
  }
  return { names, value, time, precision: PRECISION_OF[format as TimeFormat] };
}

/** What the cells of a row look like. */
function guessFormat(cells: readonly string[]): string | null {
  const time = cells.findLastIndex((cell) => precisionOf(cell) !== null);
  const value = cells.findIndex((cell, i) =>
    i !== time && cell !== "" && Number.isFinite(Number(cell))
  );
  const name = cells.findIndex((cell) => NAME.test(cell));
  if (time < 0 || value < 0 || name < 0) return null;
  return cells.map((cell, i) =>
    i === name
      ? "__name__"
      : i === value
      ? "__value__"
      : i === time
      ? `__timestamp__:unix_${precisionOf(cell)}`
      : `label${i + 1}`
  ).join(",");
}

function addRow(
  segment: SegmentBuilder,
  { cells, line }: CsvRow,
  { names, value, time }: Columns,
  times: TimeReader,
): void {
  if (cells.length === 1 && cells[0].trim() === "") return;
  segment.read++;
  if (cells.length !== names.length) {
    return segment.reject(line, `the row has ${cells.length} cells, the format ${names.length}`);
  }
  let name = "value";
  const labels: [string, string][] = [];
  cells.forEach((cell, i) => {
    if (names[i] === "__name__") name = cell;
    else if (i !== value && i !== time && cell !== "") labels.push([names[i], cell]);
  });
  const tMs = times.read(cells[time], "");
  const fault = addSample(segment, prometheusNames(name, labels), tMs, cells[value]);
  if (fault !== null) segment.reject(line, fault);
}
