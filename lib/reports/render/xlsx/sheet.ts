/** The XML of sheets, row by row. Pure. */
import type { ReportDocument, ReportSection, ReportTable } from "../../document.ts";
import { cellText, columnTitle, localTime } from "../cells.ts";
import { type Marks, marksOf } from "../marks.ts";
import { cellName, textCell, valueCell } from "./cells.ts";
import { BOLD, HEAD, PLAIN, TITLE, WRAPPED } from "./styles.ts";

/** Rows of a sheet, with that of the titles. */
export const MOST_ROWS = 1_048_576;
const LEAST_WIDTH = 9, MOST_WIDTH = 60;
/** So many rows say how wide columns are. */
const LOOKED_AT = 500;

const HEAD_XML = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n` +
  `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">` +
  `<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`;
const END_XML = `<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" ` +
  `footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>`;
/** The titles stay in sight. */
const FROZEN = `<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" ` +
  `activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`;

function columnsXml(widths: readonly number[]): string {
  return `<cols>${
    widths.map((width, i) =>
      `<col min="${i + 1}" max="${i + 1}" width="${width}" customWidth="1"/>`
    ).join("")
  }</cols>`;
}

/** Rows `from` to `to` of a table, titles above them. */
export function* tableXml(
  table: ReportTable,
  marks: Marks,
  zone: string,
  from: number,
  to: number,
): Generator<string> {
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
  yield `${HEAD_XML}${FROZEN}${columnsXml(widths)}<sheetData>`;
  yield rowXml(0, titles.map((title, i) => textCell(cellName(i, 0), title, HEAD)));
  for (let row = from; row < to; row++) {
    const at = row - from + 1;
    const cells = columns.map((column, i) =>
      valueCell(cellName(i, at), column, rows[row][i] ?? null, zone)
    );
    yield rowXml(at, cells);
  }
  const end = cellName(columns.length - 1, to - from);
  yield `</sheetData>${to > from ? `<autoFilter ref="A1:${end}"/>` : ""}${END_XML}`;
}

function rowXml(row: number, cells: readonly string[]): string {
  return `<row r="${row + 1}">${cells.join("")}</row>`;
}

type SummaryRow = [style: number, ...texts: string[]];

/** What a report says beside its tables. `sheets`: names of the sheets of each section's tables. */
export function* summaryXml(
  document: ReportDocument,
  sheets: ReadonlyMap<ReportTable, string[]>,
): Generator<string> {
  yield `${HEAD_XML}${columnsXml([48, 24])}<sheetData>`;
  let row = 0;
  for (const [style, ...texts] of summaryRows(document, sheets)) {
    // Sentences run on to the right; a text beside another is wrapped.
    const look = (i: number) => i > 0 ? WRAPPED : style;
    yield rowXml(row, texts.map((text, i) => textCell(cellName(i, row), text, look(i))));
    row++;
  }
  yield `</sheetData>${END_XML}`;
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
