import assert from "node:assert/strict";
import { readXlsx, type Workbook } from "hucre/xlsx";
import { documentOf } from "../../../../tests/support/report_documents.ts";
import type { ReportColumn } from "../../document.ts";
import type { CellValue } from "../cells.ts";
import { createSheetNames } from "./names.ts";
import { writeWorkbook } from "./workbook.ts";

const VALUE: ReportColumn = { title: "Value", kind: "number" };

async function workbookOf(
  rows: CellValue[][],
  mostRows: number,
  names = ["Readings"],
  columns = [VALUE],
): Promise<Workbook> {
  const tables = names.map((title) => ({ title, columns, rows }));
  const section = { title: "Press/3", paragraphs: [], figures: [], charts: [], notes: [], tables };
  const parts: Uint8Array[] = [];
  const sink = (bytes: Uint8Array) => Promise.resolve(void parts.push(bytes.slice()));
  await writeWorkbook(documentOf({ sections: [section] }), sink, () => {}, mostRows);
  const bytes = await new Blob(parts as BlobPart[]).arrayBuffer();
  return await readXlsx(new Uint8Array(bytes), { readStyles: true });
}

const namesOf = ({ sheets }: Workbook) => sheets.map(({ name }) => name);

Deno.test("a table with more rows than a sheet holds goes on in the next, each row once, titles on each", async () => {
  const { sheets } = await workbookOf(Array.from({ length: 8 }, (_, i) => [100 + i]), 4);
  assert.deepEqual(sheets.map(({ name, rows }) => [name, ...rows.flat()]).slice(1), [
    ["Readings", "Value", 100, 101, 102],
    ["Readings (2)", "Value", 103, 104, 105],
    ["Readings (3)", "Value", 106, 107],
  ]);
  for (const { freezePane } of sheets.slice(1)) assert.equal(freezePane?.rows, 1);
});

Deno.test("a sheet is named by its table, and by its section too where several are called the same", async () => {
  const found = await workbookOf([[1]], 4, ["Values", "Values", "Limits"]);
  assert.deepEqual(namesOf(found), ["Report", "Values Press 3", "Values Press 3 (2)", "Limits"]);
});

Deno.test("a workbook is dated by its report, not by the clock", async () => {
  const { properties } = await workbookOf([[1]], 4);
  const { toMs, site } = documentOf({});
  assert.deepEqual(
    [properties?.created, properties?.modified, properties?.creator],
    [new Date(toMs), new Date(toMs), site],
  );
});

Deno.test("names of sheets are legal, of 31 letters, and there once, whatever their case", () => {
  const nameOf = createSheetNames();
  const long = "Temperature of the bearing at the drive end";
  assert.deepEqual(["a/b:c*[d]?", "A B C D", "", "History", "'x'", long, long].map(nameOf), [
    "a b c d",
    "A B C D (2)",
    "Sheet",
    "History (2)",
    "x",
    long.slice(0, 31),
    `${long.slice(0, 26).trim()} (2)`,
  ]);
  assert.equal(nameOf("x".repeat(30) + "😀"), "x".repeat(30), "no half a letter");
  assert.equal(
    nameOf("A B C D\uffff"),
    "A B C D (3)",
    "what no workbook can hold tells none apart",
  );
});

Deno.test("cells: texts are texts, whatever they look like", async () => {
  const texts = [
    "=1+1",
    "@SUM(A1)",
    "#N/A",
    "1e5",
    "constructor",
    "__proto__",
    " a\n b ",
    "_x0041_",
  ];
  const odd = "a\u0000<b>&\ud800\uffff", long = "ä".repeat(40_000);
  const rows = [...texts, odd, long, ""].map((text) => [text, text]);
  const columns: ReportColumn[] = [{ title: "Said", kind: "text" }, VALUE];
  const { sheets: [, { rows: [, ...read], cells }] } = await workbookOf(rows, 20, ["T"], columns);
  for (const column of [0, 1]) {
    const found = read.map((row) => row[column]);
    assert.deepEqual(found.slice(0, texts.length + 1), [...texts, "a<b>&"]);
    const cut = String(found[texts.length + 1]);
    assert.equal(cut.length, 32_767);
    assert.match(cut, /cut: a cell holds no more/);
  }
  for (const cell of cells?.values() ?? []) assert.equal(cell.formula, undefined);
  for (const at of ["1,0", "2,1"]) {
    assert.equal(cells?.get(at)?.style?.numFmt, "@", "it stays text when somebody edits it");
  }
});

Deno.test("cells: times are those of the zone, empty is what is no number", async () => {
  const columns: ReportColumn[] = [
    { title: "Since", kind: "time" },
    { title: "Lasted", kind: "duration" },
    { title: "Share", kind: "percent" },
    { title: "Peak", kind: "number", unit: "°C", decimals: 2 },
  ];
  const noon = Date.parse("2026-07-01T10:00:00Z"), old = Date.parse("1890-01-01T00:00:00Z");
  const rows = [[noon, 90_000, 0.5, 1.005], [old, NaN, Infinity, null]];
  const { sheets: [, { rows: read, cells }] } = await workbookOf(rows, 20, ["T"], columns);
  assert.deepEqual(read[0], ["Since (Europe/Berlin)", "Lasted", "Share", "Peak (°C)"]);
  assert.deepEqual(read[1].slice(0, 1), [new Date("2026-07-01T12:00:00Z")]);
  assert.deepEqual(read[1].slice(2), [0.5, 1.005]);
  assert.match(String(read[2][0]), /^1890-01-01T00:53:28/, "before Excel's time");
  assert.deepEqual(read[2].slice(1).filter((value) => value !== null), []);
  const formats = [0, 1, 2, 3].map((i) => cells?.get(`1,${i}`)?.style?.numFmt);
  assert.deepEqual(formats, ["yyyy\\-mm\\-dd\\ hh:mm:ss", "[h]:mm:ss", "0.0%", "0.00"]);
});
