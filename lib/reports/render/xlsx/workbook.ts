/** A document as XLSX: a sheet with what it says, and one for each table. */
import type { ReportDocument, ReportTable } from "../../document.ts";
import type { OnSection, Sink } from "../formats.ts";
import { type Marks, marksOf } from "../marks.ts";
import { createSheetNames } from "./names.ts";
import { MOST_ROWS, summaryXml, tableXml } from "./sheet.ts";
import { stylesXml } from "./styles.ts";
import { xmlText } from "./xml.ts";
import { createZip } from "./zip.ts";

const XML = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n`;
const OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml";

interface Sheet {
  name: string;
  section: number;
  table: ReportTable;
  marks: Marks;
  from: number;
  to: number;
}

/** Sheet after sheet; `mostRows` of each, that of the titles included. */
export async function writeWorkbook(
  document: ReportDocument,
  sink: Sink,
  onSection: OnSection,
  mostRows = MOST_ROWS,
): Promise<void> {
  const nameOf = createSheetNames();
  const names = [nameOf("Report")];
  const sheets = sheetsOf(document, nameOf, mostRows);
  names.push(...sheets.map(({ name }) => name));
  const zip = createZip(sink);
  await zip.add("[Content_Types].xml", [typesXml(names.length)]);
  await zip.add("_rels/.rels", [relationsXml()]);
  await zip.add("docProps/core.xml", [coreXml(document)]);
  await zip.add("xl/workbook.xml", [workbookXml(names)]);
  await zip.add("xl/_rels/workbook.xml.rels", [workbookRelationsXml(names.length)]);
  await zip.add("xl/styles.xml", [stylesXml()]);
  const named = Map.groupBy(sheets, ({ table }) => table);
  const namesOf = new Map(
    [...named].map(([table, of]) => [table, of.map(({ name }) => name)]),
  );
  await zip.add("xl/worksheets/sheet1.xml", summaryXml(document, namesOf));
  for (const [i, { section, table, marks, from, to }] of sheets.entries()) {
    onSection(section, document.sections[section].title);
    const rows = tableXml(table, marks, document.zone, from, to);
    await zip.add(`xl/worksheets/sheet${i + 2}.xml`, rows);
  }
  await zip.end();
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

function typesXml(sheets: number): string {
  const part = (name: string, type: string) =>
    `<Override PartName="/${name}" ContentType="${type}"/>`;
  return `${XML}<Types xmlns="${PACKAGE}/content-types">` +
    `<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
    `<Default Extension="xml" ContentType="application/xml"/>` +
    part("xl/workbook.xml", `${SHEET_TYPE}.sheet.main+xml`) +
    part("xl/styles.xml", `${SHEET_TYPE}.styles+xml`) +
    part("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml") +
    upTo(sheets, (n) => part(`xl/worksheets/sheet${n}.xml`, `${SHEET_TYPE}.worksheet+xml`)) +
    `</Types>`;
}

function relation(id: string, type: string, target: string): string {
  return `<Relationship Id="${id}" Type="${type}" Target="${target}"/>`;
}

function relationsXml(): string {
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">` +
    relation("rId1", `${OFFICE}/relationships/officeDocument`, "xl/workbook.xml") +
    relation("rId2", `${PACKAGE}/relationships/metadata/core-properties`, "docProps/core.xml") +
    `</Relationships>`;
}

function workbookRelationsXml(sheets: number): string {
  return `${XML}<Relationships xmlns="${PACKAGE}/relationships">` +
    upTo(
      sheets,
      (n) => relation(`rId${n}`, `${OFFICE}/relationships/worksheet`, `worksheets/sheet${n}.xml`),
    ) +
    relation(`rId${sheets + 1}`, `${OFFICE}/relationships/styles`, "styles.xml") +
    `</Relationships>`;
}

function workbookXml(names: readonly string[]): string {
  return `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}/relationships"><sheets>` +
    names.map((name, i) => `<sheet name="${xmlText(name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`)
      .join("") +
    `</sheets></workbook>`;
}

/** Its date is the report's, so that the same report has the same bytes. */
function coreXml({ title, subtitle, site, toMs }: ReportDocument): string {
  const created = new Date(toMs).toISOString().replace(/\.\d+Z$/, "Z");
  return `${XML}<cp:coreProperties xmlns:cp="${PACKAGE}/metadata/core-properties" ` +
    `xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" ` +
    `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
    `<dc:title>${xmlText(title)}</dc:title><dc:subject>${xmlText(subtitle)}</dc:subject>` +
    `<dc:creator>${xmlText(site)}</dc:creator>` +
    `<dcterms:created xsi:type="dcterms:W3CDTF">${created}</dcterms:created>` +
    `</cp:coreProperties>`;
}

function upTo(count: number, text: (n: number) => string): string {
  return Array.from({ length: count }, (_, i) => text(i + 1)).join("");
}
