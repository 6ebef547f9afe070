/** A document as XLSX: a sheet with what it says, and one for each table. */
import { writeXlsx } from "hucre/xlsx";
import type { ReportDocument, ReportTable } from "../../document.ts";
import type { OnSection, Sink } from "../formats.ts";
import { type Marks, marksOf } from "../marks.ts";
import { createSheetNames, held } from "./names.ts";
import { MOST_ROWS, summarySheet, tableSheet } from "./sheet.ts";
import { FONT } from "./styles.ts";

interface Sheet {
  name: string;
  section: number;
  table: ReportTable;
  marks: Marks;
  from: number;
  to: number;
}

/** Bytes that are handed on together. */
const PIECE_BYTES = 256 * 1024;

/** The whole workbook is in memory until it is handed on. `mostRows` of each sheet, that of the titles included. */
export async function writeWorkbook(
  document: ReportDocument,
  sink: Sink,
  onSection: OnSection,
  mostRows = MOST_ROWS,
): Promise<void> {
  const nameOf = createSheetNames();
  const first = nameOf("Report");
  const sheets = sheetsOf(document, nameOf, mostRows);
  const named = Map.groupBy(sheets, ({ table }) => table);
  const namesOf = new Map(
    [...named].map(([table, of]) => [table, of.map(({ name }) => name)]),
  );
  const tables = sheets.map(({ name, section, table, marks, from, to }) => {
    onSection(section, document.sections[section].title);
    return tableSheet(name, table, marks, document.zone, from, to);
  });
  const bytes = await writeXlsx({
    sheets: [summarySheet(first, document, namesOf), ...tables],
    properties: propertiesOf(document),
    defaultFont: FONT,
  });
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    await sink(bytes.subarray(at, at + PIECE_BYTES));
  }
}

/** Dates are the report's, so that the same report has the same bytes. */
function propertiesOf({ title, subtitle, site, toMs }: ReportDocument) {
  const date = new Date(toMs);
  return {
    title: held(title),
    subject: held(subtitle),
    creator: held(site),
    created: date,
    modified: date,
  };
}

function sheetsOf(
  { sections }: ReportDocument,
  nameOf: (wanted: string) => string,
  mostRows: number,
): Sheet[] {
  const titles = sections.flatMap(({ tables }) => tables.map(({ title }) => title));
  const isOnce = (title: string) => titles.indexOf(title) === titles.lastIndexOf(title);
  return sections.flatMap((section, i) =>
    section.tables.filter(({ rows }) => rows.length > 0).flatMap((table) => {
      const { title } = table;
      const wanted = title === ""
        ? section.title
        : isOnce(title)
        ? title
        : `${title} ${section.title}`;
      const sheets: Sheet[] = [];
      for (let from = 0; from < table.rows.length; from += mostRows - 1) {
        const to = Math.min(table.rows.length, from + mostRows - 1);
        const marks = marksOf(section);
        sheets.push({ name: nameOf(wanted), section: i, table, marks, from, to });
      }
      return sheets;
    })
  );
}
