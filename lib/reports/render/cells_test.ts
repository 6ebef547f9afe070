import assert from "node:assert/strict";
import type { ColumnKind, ReportColumn } from "../document.ts";
import { cellText, type CellValue, isoTime, lengthText } from "./cells.ts";

const BERLIN = "Europe/Berlin";
/** Half past two comes twice on 2026-10-25. */
const FIRST = Date.parse("2026-10-25T00:30:00Z"), SECOND = Date.parse("2026-10-25T01:30:00Z");

Deno.test("a cell says what its kind means, and nothing for what is no number", () => {
  const cases: [ColumnKind, Partial<ReportColumn>, CellValue, string][] = [
    ["text", {}, "=1+1", "=1+1"],
    ["number", {}, -0.1, "−0.1"],
    ["number", {}, 1 / 3, "0.3333333333333333"],
    ["number", { decimals: 1 }, 98.25, "98.3"],
    ["number", { decimals: 0 }, -0.2, "0"],
    ["number", {}, NaN, ""],
    ["number", {}, Infinity, ""],
    ["number", {}, null, ""],
    ["percent", {}, 0.982, "98.2\u202f%"],
    ["percent", { decimals: 3 }, 0.98211, "98.211\u202f%"],
    ["duration", {}, 5 * 3_600_000 + 20 * 60_000, "5 h 20 min"],
    ["time", {}, Date.parse("2026-07-01T10:00:03Z"), "2026-07-01 12:00:03"],
    ["time", {}, FIRST, "2026-10-25 02:30:00 (+02:00)"],
    ["time", {}, SECOND, "2026-10-25 02:30:00 (+01:00)"],
    ["time", {}, SECOND + 3_600_000, "2026-10-25 03:30:00"],
  ];
  for (const [kind, more, value, text] of cases) {
    assert.equal(cellText({ title: "x", kind, ...more }, value, BERLIN), text);
  }
});

Deno.test("times for programs have the offset of their moment", () => {
  assert.equal(isoTime(FIRST, BERLIN), "2026-10-25T02:30:00+02:00");
  assert.equal(isoTime(SECOND + 7, BERLIN), "2026-10-25T02:30:00.007+01:00");
  assert.equal(isoTime(0, "America/St_Johns"), "1969-12-31T20:30:00-03:30");
  assert.equal(isoTime(-1, "UTC"), "1969-12-31T23:59:59.999+00:00");
});

Deno.test("a length of time has two units, and never sixty of one", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [250, "250 ms"],
    [59_600, "1 min"],
    [3_599_900, "1 h"],
    [26 * 3_600_000 + 5 * 60_000, "26 h 5 min"],
    [12 * 86_400_000 + 4 * 3_600_000, "12 d 4 h"],
    [-90_000, "−1 min 30 s"],
  ];
  for (const [ms, text] of cases) assert.equal(lengthText(ms), text);
});
