import assert from "node:assert/strict";
import * as format from "./format.ts";

Deno.test("number gives decimals that fit the size", () => {
  const cases: [number, string][] = [
    [0, "0.00"],
    [0.01234, "0.012"],
    [1.005, "1.00"],
    [83.44, "83.4"],
    [420, "420"],
    [420.25, "420.3"],
    [2900.4, "2900"],
    [12345.6, "12\u202f346"],
    [-3.5, "\u22123.50"],
    [-0.00001, "\u22121.00e-5"],
    [-0, "0.00"],
    [1e15, "1.00e+15"],
    [1_795_827_521, "1\u202f795\u202f827\u202f521"],
  ];
  for (const [value, text] of cases) assert.equal(format.number(value), text);
});

Deno.test("compact and bytes shorten counts", () => {
  assert.deepEqual([999, 12_400, 41e6, 2.5e9].map(format.compact), [
    "999",
    "12.4\u202fk",
    "41.0\u202fM",
    "2.5\u202fG",
  ]);
  assert.equal(format.bytes(12), "12\u202fB");
  assert.equal(format.bytes(5_300_000), "5.3\u202fMB");
});

Deno.test("duration and ago use the largest fitting unit", () => {
  assert.deepEqual([200, 12_000, 120_000, 7_200_000, 172_800_000].map(format.duration), [
    "200 ms",
    "12 s",
    "2 min",
    "2 h",
    "2 d",
  ]);
  assert.equal(format.ago(-500), "just now");
  assert.equal(format.ago(12_000), "12 s ago");
});

Deno.test("clockTime is in the site's zone and adds the date when it is not today", () => {
  const noon = Date.UTC(2026, 6, 5, 12, 0, 3);
  assert.equal(format.dateTime(noon, "Europe/Berlin"), "2026-07-05 14:00:03");
  assert.equal(format.clockTime(noon, noon + 1000, "UTC"), "12:00");
  assert.equal(format.clockTime(noon, noon + 86_400_000, "UTC"), "2026-07-05 12:00");
});

Deno.test("title makes headings of names", () => {
  assert.deepEqual(["motor_current", "press-3", "ph", "rpm"].map(format.title), [
    "Motor current",
    "Press 3",
    "pH",
    "RPM",
  ]);
});
