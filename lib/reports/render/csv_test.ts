import assert from "node:assert/strict";
import { BERLIN_FROM, documentOf } from "../../../tests/support/report_documents.ts";
import type { ReportTable } from "../document.ts";
import { csvOf } from "./csv.ts";
import type { CsvOptions } from "./formats.ts";

const TABLE: ReportTable = {
  title: "Alarms",
  columns: [
    { title: "Since", kind: "time" },
    { title: "Sensor", kind: "text" },
    { title: "Peak", kind: "number", unit: "°C", decimals: 1, note: "peak" },
    { title: "Lasted", kind: "duration" },
    { title: "Share", kind: "percent" },
  ],
  rows: [
    [BERLIN_FROM, "=1+1", -1.25, 90_500, 0.07],
    [null, 'say "x"; a, b', NaN, null, Infinity],
  ],
};

function linesOf(options: CsvOptions): string[] {
  const section = { title: "Press 3", paragraphs: [], figures: [], charts: [], tables: [TABLE] };
  const notes = [{ id: "peak", text: "Highest of all." }];
  const document = documentOf({ sections: [{ ...section, notes }] });
  const bytes = [...csvOf(document, options, () => {})].flatMap((piece) => [...piece]);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  return text.split("\r\n");
}

Deno.test("CSV of a report: titles with units, times with offsets, no formulas, empty where there is no number", () => {
  const lines = linesOf({ decimalComma: false, byteOrderMark: false });
  assert.equal(lines[0], "Machine report");
  assert.deepEqual(lines.slice(6), [
    "",
    "Press 3",
    "",
    "Alarms",
    "Since,Sensor,Peak (°C)¹,Lasted (s),Share (%)",
    "2026-10-20T00:00:00+02:00,'=1+1,-1.3,90.5,7",
    ',"say ""x""; a, b",,,',
    "",
    "¹ Highest of all.",
    "",
  ]);
});

Deno.test("CSV of a report for spreadsheets with decimal commas, with a byte-order mark", () => {
  const lines = linesOf({ decimalComma: true, byteOrderMark: true });
  assert.equal(lines[0], "\ufeffMachine report");
  assert.equal(lines[11], "2026-10-20T00:00:00+02:00;'=1+1;-1,3;90,5;7");
});
