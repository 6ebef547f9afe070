/**
 * How a table is laid out: separators, which column is what, how its times are written. From its first rows and from
 * what a person said; what cannot be known is asked. Pure.
 */
import { isUnit } from "../../../../machines/units.ts";
import type { CsvRow } from "../../csv_rows.ts";
import type { ImportColumn, ImportOptions, Inspection } from "../../format.ts";
import { headerParts } from "../../series_names.ts";
import {
  createTimeReader,
  dayFirstOf,
  guessPrecision,
  isLocal,
  isSerial,
  PRECISION_WORDS,
  precisionOf,
} from "../../times.ts";
import { filled, SAMPLE, withoutPreamble } from "./separators.ts";
import { decimalCommaOf, isGap, switchOf, valueOf } from "./values.ts";

const TEXTS_MOST = 20;
const TEXT_CHARS_MOST = 60;

const TIME_NAME =
  /^(_?time|times?tamp|date|datum|zeit|zeitpunkt|zeitstempel|uhrzeit|date ?time|ts|last_(changed|updated)|datum.*zeit|date.*time)\b/i;
/** How a time begins, also one that is in no year which is taken: where the header says it is one. */
const LIKE_TIME = /^(?:\d{4}[-/.]\d|\d{1,2}[./-]\d{1,2}[./-]\d|\d{9,}(?:\.\d*)?$)/;
const SENSOR_NAME =
  /^(sensors?|sensor[ _]?(name|id)|name|entity(_id)?|series|tag(name)?|topic|metric|channel|kanal|messstelle|messpunkt|variable|point|machine|maschine|anlage|device|ger[aä]t)$/i;
const VALUE_NAME = /^(_?value|wert|messwert|state|reading|val|measurement)$/i;
const UNIT_NAME = /^(units?|einheit|unit_of_measurement)$/i;

export interface Column extends ImportColumn {
  header: string;
  unit: string | null;
}

export interface Layout {
  options: ImportOptions;
  /** Cells of a row. */
  width: number;
  /** Line of the first row with values. */
  firstLine: number;
  /** Their cells make up the time, in this order: a day and a time of day may be apart. */
  time: Column[];
  sensor: Column[];
  value: Column[];
  unit: Column | null;
  serials: boolean;
  newestFirst: boolean;
  questions: Inspection["questions"];
  notes: string[];
}

/** The layout of a table whose cells are separated already. */
export function layoutOf(head: readonly CsvRow[], given: ImportOptions): Layout {
  const questions: Layout["questions"] = [], notes: string[] = [];
  const rows = withoutPreamble(filled(head), isData, notes);
  const hasHeader = beginsWithHeader(rows);
  const data = rows.slice(hasHeader ? 1 : 0);
  const width = rows[0]?.cells.length ?? 0;
  const cellsOf = (index: number) =>
    data.slice(0, SAMPLE).map(({ cells }) => (cells[index] ?? "").trim()).filter((cell) =>
      cell !== ""
    );
  const headers = Array.from(
    { length: width },
    (_, i) => (hasHeader ? rows[0].cells[i].trim() : "") || `column ${i + 1}`,
  );
  const options: ImportOptions = { ...given };
  options.columns ??= guessColumns(headers, cellsOf, notes);
  const columns = options.columns.filter(({ index }) => index < width).map((column): Column => ({
    ...column,
    header: unique(headers, column.index),
    unit: headerParts(headers[column.index], isUnit).unit,
  }));
  const having = (role: ImportColumn["role"]) => columns.filter((column) => column.role === role);
  const layout: Layout = {
    options,
    width,
    firstLine: data[0]?.line ?? (rows.at(-1)?.line ?? 0) + 1,
    time: having("time"),
    sensor: having("sensor"),
    value: having("value"),
    unit: having("unit")[0] ?? null,
    serials: false,
    newestFirst: false,
    questions,
    notes,
  };
  askForColumns(layout);
  decideNumbers(layout, layout.value.flatMap(({ index }) => cellsOf(index)));
  if (layout.time.length > 0) decideTimes(layout, data.slice(0, SAMPLE));
  return layout;
}

/** A header has no time where the rows below it have one; where none has, it has no numbers. */
function beginsWithHeader(rows: readonly CsvRow[]): boolean {
  if (rows.length === 0) return false;
  const [first, ...rest] = rows.slice(0, SAMPLE);
  const isOne = (cell: string | undefined) => isTime(cell ?? "") || isSerial(cell ?? "");
  const times = first.cells.findIndex((_, i) =>
    rest.length > 0 && rest.filter(({ cells }) => isOne(cells[i]?.trim())).length > rest.length / 2
  );
  return times < 0 ? !first.cells.some(isData) : !isOne(first.cells[times].trim());
}

/** Headers that are there twice are told apart by their number. */
function unique(headers: readonly string[], index: number): string {
  const before = headers.slice(0, index).filter((header) => header === headers[index]).length;
  return before === 0 ? headers[index] : `${headers[index]} (${before + 1})`;
}

function isData(cell: string): boolean {
  const text = cell.trim();
  return text !== "" &&
    (isTime(text) || (/\d/.test(text) && typeof valueOf(text, "number", true) !== "string"));
}

const anyTime = createTimeReader({ zone: "UTC", dayFirst: true });
const anyTimeUs = createTimeReader({ zone: "UTC", dayFirst: false });

function isTime(text: string): boolean {
  return precisionOf(text) !== null ||
    [anyTime, anyTimeUs].some((reader) => typeof reader.read(text, "") === "number");
}

function guessColumns(
  headers: readonly string[],
  cellsOf: (index: number) => string[],
  notes: string[],
): ImportColumn[] {
  const indexes = headers.map((_, i) => i);
  const most = (index: number, test: (cell: string) => boolean) => {
    const cells = cellsOf(index);
    return cells.length > 0 && cells.filter(test).length > cells.length / 2;
  };
  const clockOnly = (cell: string) => /^\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[AP]M)?$/i.test(cell);
  const isTimes = (index: number) => most(index, (cell) => isTime(cell));
  const named = indexes.filter((i) => TIME_NAME.test(headers[i]));
  const timeful = named.find((i) => isTimes(i) || most(i, isSerial)) ?? indexes.find(isTimes) ??
    named.find((i) => most(i, (cell) => LIKE_TIME.test(cell)));
  const clock = indexes.find((i) => i !== timeful && most(i, clockOnly));
  const times = new Set([timeful, timeful === undefined ? undefined : clock]);
  const rest = indexes.filter((i) => !times.has(i));
  const sensors = rest.filter((i) => SENSOR_NAME.test(headers[i]) && !most(i, isData));
  const value = rest.find((i) => VALUE_NAME.test(headers[i]));
  const isLong = sensors.length > 0 && (value !== undefined || rest.length - sensors.length === 1);
  return indexes.map((index): ImportColumn => {
    const name = headerParts(headers[index], isUnit).name;
    const base = { index, name };
    if (times.has(index)) return { ...base, role: "time" };
    if (isLong) {
      if (sensors.includes(index)) return { ...base, role: "sensor" };
      if (UNIT_NAME.test(headers[index])) return { ...base, role: "unit" };
      const isValue = index === (value ?? rest.find((i) => !sensors.includes(i)));
      return { ...base, role: isValue ? "value" : "skip" };
    }
    // A second column of times is no value.
    if (most(index, (cell) => isTime(cell) && precisionOf(cell) === null)) {
      return { ...base, role: "skip" };
    }
    return { ...base, ...kindOf(headers[index], cellsOf(index), notes) };
  });
}

/** What a column of a wide table holds. */
function kindOf(
  header: string,
  cells: readonly string[],
  notes: string[],
): Pick<ImportColumn, "role" | "kind"> {
  const values = cells.filter((cell) => !isGap(cell));
  const share = (test: (cell: string) => boolean) => values.filter(test).length / values.length;
  if (
    values.length === 0 ||
    share((cell) =>
        typeof valueOf(cell, "number", true) !== "string" || /^[\d.,\s'’+-]+$/.test(cell)
      ) > 0.5
  ) {
    return { role: "value", kind: "number" };
  }
  if (share((cell) => switchOf(cell) !== null) === 1) return { role: "value", kind: "binary" };
  const texts = new Set(values);
  if (texts.size <= TEXTS_MOST && values.every((cell) => cell.length <= TEXT_CHARS_MOST)) {
    return { role: "value", kind: "text" };
  }
  notes.push(`The column "${header}" has texts that are hardly states: it is left out.`);
  return { role: "skip" };
}

function askForColumns({ time, sensor, value, questions }: Layout): void {
  const ask = (message: string) => questions.push({ field: "columns", message });
  if (time.length === 0) ask("No column has times from 2000 to 2099: say which one has the times.");
  if (value.length === 0) ask("No column has values: say which ones do.");
  if (sensor.length > 0 && value.length > 1) {
    ask("Where a column names the sensor, one column has the values: say which one.");
  }
}

function decideNumbers({ options, questions, notes, value }: Layout, cells: string[]): void {
  if (options.decimalComma !== undefined) return;
  const numeric = value.length === 0 ? [] : cells;
  const found = decimalCommaOf(numeric, options.delimiter ?? ",");
  options.decimalComma = found ?? false;
  if (found === null) {
    questions.push({
      field: "decimalComma",
      message:
        "The numbers have both commas and points, or may be thousands: say which is the decimal separator.",
    });
  } else if (found) notes.push("Numbers have a decimal comma.");
}

function decideTimes(layout: Layout, data: readonly CsvRow[]): void {
  const { options, questions, notes } = layout;
  const texts = data.map((row) => timeText(layout, row.cells)).filter((text) => text !== "");
  const most = (test: (text: string) => boolean) => texts.filter(test).length > texts.length / 2;
  layout.serials = most(isSerial);
  const precision = guessPrecision(texts);
  if (!layout.serials && precision !== null && options.precision === undefined) {
    options.precision = precision;
    const others = texts.filter((text) => (precisionOf(text) ?? precision) !== precision).length;
    notes.push(
      `Times are ${PRECISION_WORDS[precision]} since 1970` +
        (others === 0
          ? "."
          : `; ${others} of the first ${texts.length} are not, and are left out.`),
    );
  }
  const orders = texts.map(dayFirstOf);
  if (options.dayFirst === undefined && orders.some((order) => order !== undefined)) {
    const [day, month] = [orders.includes(true), orders.includes(false)];
    if (day !== month) options.dayFirst = day;
    else {
      questions.push({
        field: "dayFirst",
        message: `"${
          texts.find((text) => dayFirstOf(text) === null) ?? texts[0]
        }" may be two days: ` +
          "say whether the day or the month comes first.",
      });
    }
  }
  if (layout.serials || texts.some(isLocal)) {
    if (layout.serials) notes.push("Times are days of a spreadsheet.");
    if (options.zone === undefined) {
      questions.push({
        field: "zone",
        message: "The times name no time zone: say in which one they are, as Europe/Berlin.",
      });
    }
  }
  layout.newestFirst = isNewestFirst(texts, layout);
}

/** Whether the times of the first rows fall. */
function isNewestFirst(texts: readonly string[], { options, serials }: Layout): boolean {
  const reader = createTimeReader({ zone: "UTC", dayFirst: true, ...options, serials });
  const times = texts.map((text) => reader.read(text, "")).filter((time) =>
    typeof time === "number"
  );
  return times.length > 1 && times.at(-1)! < times[0];
}

/** The cells of a row that make up its time. */
export function timeText({ time }: Pick<Layout, "time">, cells: readonly string[]): string {
  return time.map(({ index }) => (cells[index] ?? "").trim()).join(" ").trim();
}
