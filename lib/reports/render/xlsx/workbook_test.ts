import assert from "node:assert/strict";
import { inflateRawSync } from "node:zlib";
import { documentOf } from "../../../../tests/support/report_documents.ts";
import type { CellValue } from "../cells.ts";
import { cellName, textCell, valueCell } from "./cells.ts";
import { createSheetNames } from "./names.ts";
import { writeWorkbook } from "./workbook.ts";
import { crc32 } from "./zip.ts";

/** The entries of a ZIP by its directory, each against its sum. */
function entriesOf(bytes: Uint8Array): Map<string, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - 22;
  assert.equal(view.getUint32(end, true), 0x06054b50);
  const found = new Map<string, string>();
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < view.getUint16(end + 10, true); i++) {
    const [crc, packed, size] = [16, 20, 24].map((offset) => view.getUint32(at + offset, true));
    const name = view.getUint16(at + 28, true), local = view.getUint32(at + 42, true);
    const path = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name));
    const from = local + 30 + view.getUint16(local + 26, true);
    const content = new Uint8Array(inflateRawSync(bytes.subarray(from, from + packed)));
    assert.equal(content.length, size);
    assert.equal(crc32(content), crc);
    found.set(path, new TextDecoder().decode(content));
    at += 46 + name;
  }
  return found;
}

async function workbookOf(
  rows: CellValue[][],
  mostRows: number,
  names = ["Readings"],
): Promise<Map<string, string>> {
  const columns = [{ title: "Value", kind: "number" as const }];
  const tables = names.map((title) => ({ title, columns, rows }));
  const section = { title: "Press/3", paragraphs: [], figures: [], charts: [], notes: [], tables };
  const parts: Uint8Array[] = [];
  const sink = (bytes: Uint8Array) => Promise.resolve(void parts.push(bytes.slice()));
  await writeWorkbook(documentOf({ sections: [section] }), sink, () => {}, mostRows);
  return entriesOf(new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer()));
}

Deno.test("a table with more rows than a sheet holds goes on in the next, each row once, titles on each", async () => {
  const found = await workbookOf(Array.from({ length: 8 }, (_, i) => [100 + i]), 4);
  const names = [...found.get("xl/workbook.xml")!.matchAll(/sheet name="([^"]+)"/g)];
  assert.deepEqual(names.map(([, name]) => name), [
    "Report",
    "Readings",
    "Readings (2)",
    "Readings (3)",
  ]);
  const sheets = [2, 3, 4].map((n) => found.get(`xl/worksheets/sheet${n}.xml`)!);
  const values = sheets.map((xml) => Array.from(xml.matchAll(/<v>(\d+)<\/v>/g), ([, v]) => v));
  assert.deepEqual(values, [["100", "101", "102"], ["103", "104", "105"], ["106", "107"]]);
  for (const xml of sheets) assert.match(xml, /<row r="1">.*Value.*<\/row>/);
});

Deno.test("a sheet is named by its table, and by its section too where several are called the same", async () => {
  const found = await workbookOf([[1]], 4, ["Values", "Values", "Limits"]);
  const names = [...found.get("xl/workbook.xml")!.matchAll(/sheet name="([^"]+)"/g)];
  assert.deepEqual(
    names.map(([, name]) => name),
    ["Report", "Values Press 3", "Values Press 3 (2)", "Limits"],
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
});

Deno.test("cells: texts are texts, times days of the zone, empty what is no number", () => {
  assert.deepEqual([0, 25, 26, 701, 702].map((i) => cellName(i, 0)), [
    "A1",
    "Z1",
    "AA1",
    "ZZ1",
    "AAA1",
  ]);
  const formula = textCell("A1", "=1+1");
  assert.match(formula, /t="inlineStr"/);
  assert.doesNotMatch(formula, /<f>/);
  assert.match(textCell("A1", "a\u0000<b>_x0041_\ud800"), />a&lt;b&gt;_x005F_x0041_<\/t>/);
  const long = textCell("A1", "ä".repeat(40_000)).replace(/<[^>]*>/g, "");
  assert.equal(long.length, 32_767);
  assert.match(long, /cut: a cell holds no more/);
  const time = { title: "Since", kind: "time" as const };
  // Noon in Berlin, as Excel counts.
  const noon = valueCell("A1", time, Date.parse("2026-07-01T10:00:00Z"), "Europe/Berlin");
  assert.match(noon, /<v>46204\.5<\/v>/);
  const number = { title: "Value", kind: "number" as const };
  for (const value of [NaN, Infinity, null]) {
    assert.equal(valueCell("A1", number, value, "UTC"), "");
  }
});
