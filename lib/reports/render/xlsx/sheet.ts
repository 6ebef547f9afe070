/** Sheets as the library takes them. Pure. */
import { type CellStyle, rangeRef, type WriteSheet } from "hucre/xlsx";
import type { ReportDocument, ReportSection, ReportTable } from "../../document.ts";
import { cellText, columnTitle, localTime } from "../cells.ts";
import { type Marks, marksOf } from "../marks.ts";
import { columnStyle, type SheetCell, textCell, valueCell } from "./cells.ts";
import { BOLD, HEAD, PLAIN, TITLE, WRAPPED } from "./styles.ts";

/** Rows of a sheet, with that of the titles. */
export const MOST_ROWS = 1_048_576;
const LEAST_WIDTH = 9, MOST_WIDTH = 60;
/** So many rows say how wide columns are. */
const LOOKED_AT = 500;

const PAGE: WriteSheet["pageSetup"] = {
  paperSize: "a4",
  orientation: "landscape",
  fitToPage: true,
  fitToHeight: 0,
  margins: { left: 0.5, right: 0.5, top: 0.6, bottom: 0.6, header: 0.3, footer: 0.3 },
};

/** What a sheet shows beside its cells. */
type Frame = Omit<WriteSheet, "rows" | "cells" | "pageSetup">;

function sheetOf(frame: Frame, lines: Iterable<readonly SheetCell[]>): WriteSheet {
  const rows: NonNullable<WriteSheet["rows"]> = [];
  const cells: NonNullable<WriteSheet["cells"]> = new Map();
  for (const line of lines) {
    for (const [i, cell] of line.entries()) {
      const isAsColumn = cell.style === undefined && cell.richText === undefined;
      if (!isAsColumn) cells.set(`${rows.length},${i}`, cell);
    }
    rows.push(line.map(({ value }) => value ?? null));
  }
  return { ...frame, rows, cells, pageSetup: PAGE };
}

/** Rows `from` to `to` of a table, titles above them, which stay in sight. */
export function tableSheet(
  name: string,
  table: ReportTable,
  marks: Marks,
  zone: string,
  from: number,
  to: number,
): WriteSheet {
  const { columns, rows } = table;
  const titles = columns.map((column) =>
    column.kind === "time"
      ? `${column.title} (${zone})${marks(column.note)}`
      : columnTitle(column) + marks(column.note)
  );
  const widths = columns.map((column, i) => {
    const texts = rows.slice(from, from + LOOKED_AT).map((row) =>
      cellText(column, row[i] ?? null, zone).length
    );
    const wide = Math.max(LEAST_WIDTH, titles[i].length * 0.7, ...texts);
    return Math.min(MOST_WIDTH, Math.ceil(wide) + 2);
  });
  const frame: Frame = {
    name,
    columns: columns.map((column, i) => ({ width: widths[i], style: columnStyle(column) })),
    freezePane: { rows: 1 },
    autoFilter: { range: rangeRef(0, 0, to - from, columns.length - 1) },
  };
  const lines = function* () {
    yield titles.map((title) => textCell(title, HEAD));
    for (let row = from; row < to; row++) {
      yield columns.map((column, i) => valueCell(column, rows[row][i] ?? null, zone));
    }
  };
  return sheetOf(frame, lines());
}

type SummaryRow = [style: CellStyle, ...texts: string[]];

/** What a report says beside its tables. `sheets`: names of the sheets of each section's tables. */
export function summarySheet(
  name: string,
  document: ReportDocument,
  sheets: ReadonlyMap<ReportTable, string[]>,
): WriteSheet {
  const lines = function* () {
    for (const [style, ...texts] of summaryRows(document, sheets)) {
      // Sentences run on to the right; a text beside another is wrapped.
      yield texts.map((text, i) => textCell(text, i > 0 ? WRAPPED : style));
    }
  };
  return sheetOf({ name, columns: [{ width: 48 }, { width: 24 }] }, lines());
}

function* summaryRows(
  document: ReportDocument,
  sheets: ReadonlyMap<ReportTable, string[]>,
): Generator<SummaryRow> {
  const { title, subtitle, site, zone, fromMs, toMs } = document;
  yield [TITLE, title];
  yield [PLAIN, subtitle];
  yield [PLAIN, "Site", site];
  yield [PLAIN, "From", localTime(fromMs, zone)];
  yield [PLAIN, "To (not included)", localTime(toMs, zone)];
  yield [PLAIN, "Times are those of", zone];
  for (const section of document.sections) yield* sectionRows(section, sheets);
}

function* sectionRows(
  section: ReportSection,
  sheets: ReadonlyMap<ReportTable, string[]>,
): Generator<SummaryRow> {
  const marks = marksOf(section);
  yield [PLAIN];
  yield [TITLE, section.title];
  for (const text of section.paragraphs) yield [PLAIN, text];
  for (const { label, text, note } of section.figures) yield [PLAIN, label + marks(note), text];
  for (const { title, bars } of section.charts) {
    if (bars.length > 0) yield [BOLD, title];
    for (const { label, text } of bars) yield [PLAIN, label, text];
  }
  for (const table of section.tables) {
    const names = sheets.get(table) ?? [];
    yield [BOLD, table.title, names.length === 0 ? "None." : `Sheet ${names.join(", ")}`];
  }
  for (const { id, text } of section.notes) yield [PLAIN, `${marks(id)} ${text}`.trim()];
}
