/** A document as CSV: section after section, tables with a line of titles, an empty line between. Pure. */
import { BYTE_ORDER_MARK, COMMA_CSV, csvLine, PLAIN_CSV } from "../../words/csv.ts";
import type { ReportColumn, ReportDocument, ReportSection, ReportTable } from "../document.ts";
import { type CellValue, columnTitle, csvNumber, isoTime } from "./cells.ts";
import type { CsvOptions, OnSection } from "./formats.ts";
import { type Marks, marksOf } from "./marks.ts";

/** Lines are handed on in bits of about so many characters. */
const PIECE_CHARACTERS = 64 * 1024;

/** The bytes of the file, bit by bit. */
export function* csvOf(
  document: ReportDocument,
  { decimalComma, byteOrderMark }: CsvOptions,
  onSection: OnSection,
): Generator<Uint8Array> {
  const utf8 = new TextEncoder();
  const dialect = decimalComma ? COMMA_CSV : PLAIN_CSV;
  let text = byteOrderMark ? BYTE_ORDER_MARK : "";
  for (const cells of linesOf(document, onSection)) {
    text += csvLine(cells, dialect);
    if (text.length < PIECE_CHARACTERS) continue;
    yield utf8.encode(text);
    text = "";
  }
  yield utf8.encode(text);
}

type Line = CellValue[];

function* linesOf(document: ReportDocument, onSection: OnSection): Generator<Line> {
  const { title, subtitle, site, zone, fromMs, toMs, sections } = document;
  yield [title];
  if (subtitle !== "") yield [subtitle];
  yield ["Site", site];
  yield ["From", isoTime(fromMs, zone)];
  yield ["To (not included)", isoTime(toMs, zone)];
  yield ["Time zone", zone];
  for (const [i, section] of sections.entries()) {
    onSection(i, section.title);
    yield* sectionLines(section, zone);
  }
}

function* sectionLines(section: ReportSection, zone: string): Generator<Line> {
  yield [];
  yield [section.title];
  for (const paragraph of section.paragraphs) yield [paragraph];
  const marks = marksOf(section);
  for (const { label, text, note } of section.figures) yield [label + marks(note), text];
  for (const { title, unit, bars } of section.charts) {
    if (bars.length === 0) continue;
    yield [];
    yield [unit === null ? title : `${title} (${unit})`];
    for (const { label, value } of bars) yield [label, value];
  }
  for (const table of section.tables) {
    yield [];
    yield* tableLines(table, marks, zone);
  }
  if (section.notes.length > 0) yield [];
  for (const { id, text } of section.notes) yield [`${marks(id)} ${text}`.trim()];
}

function* tableLines(
  { title, columns, rows }: ReportTable,
  marks: Marks,
  zone: string,
): Generator<Line> {
  if (title !== "") yield [title];
  yield columns.map((column) => csvTitle(column) + marks(column.note));
  for (const row of rows) {
    yield columns.map((column, i) => {
      const value = row[i] ?? null;
      if (typeof value !== "number" || column.kind === "text") return value;
      if (!Number.isFinite(value)) return null;
      return column.kind === "time" ? isoTime(value, zone) : csvNumber(column, value);
    });
  }
}

function csvTitle(column: ReportColumn): string {
  const unit = column.kind === "duration" ? "s" : column.kind === "percent" ? "%" : column.unit;
  return columnTitle({ ...column, unit });
}
