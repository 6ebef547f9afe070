import assert from "node:assert/strict";
import { headed, headline, headName, innerName, usualWords } from "./usual.ts";

Deno.test("usualWords: a value with its unit beside what is usual, in at most 12 words", () => {
  const cases: [string, number, number, number, string | null, string][] = [
    ["Vibration", 2.3123, 1.0987, 1.8012, "mm/s", "Vibration 2.31 mm/s, usually 1.1 to 1.8"],
    ["Bearing", 83.44, 61.2, 72.3, "°C", "Bearing 83 °C, usually 61 to 72"],
    ["Bearing", 72.4, 61.2, 72.3, "°C", "Bearing 72.4 °C, usually 61.2 to 72.3"],
    ["pH", 7.1, 7, 7, null, "pH 7.1, usually 7"],
    ["Motor current", -0.01, 0.0004021, 0.3968, "A", "Motor current -0.01 A, usually 0 to 0.4"],
  ];
  for (const [name, value, low, high, unit, text] of cases) {
    assert.equal(usualWords(name, value, low, high, unit), text);
  }
  const long = usualWords("Main drive gearbox oil temperature at the far end", 9, 1, 2, "°C")!;
  assert.ok(long.split(/\s+/).length <= 12, long);
  assert.equal(usualWords("x", NaN, 1, 2, null), null);
  assert.equal(usualWords("x", 1, -Infinity, 2, null), null);
});

Deno.test("names in headlines and within sentences", () => {
  assert.deepEqual(["Motor current", "pH", "Oil level", "PT100"].map(innerName), [
    "motor current",
    "pH",
    "oil level",
    "PT100",
  ]);
  assert.equal(headName("A b c d e"), "A b c d …");
});

Deno.test("headline: at most 12 words, and what is less to the point goes first", () => {
  const long = "Bearing: was switched on 40 times within an hour; within 9 days 6 was the most";
  assert.equal(headline(long), "Bearing: was switched on 40 times within an hour");
  const words = headline("one two three four five six seven eight nine ten, eleven, twelve. 13 14");
  assert.equal(words, "one two three four five six seven eight nine ten, eleven …");
  assert.equal(headline("as  it\nis"), "as it is");
});

Deno.test("headed: the name gives way to what is said of it", () => {
  const name = "Main drive gearbox oil temperature";
  assert.equal(
    headed(name, "35 °C, unchanged for 20 min"),
    "Main drive gearbox oil … 35 °C, unchanged for 20 min",
  );
  assert.equal(headed(name, "1 2 3 4 5 6 7 8 9 10"), "Main … 1 2 3 4 5 6 7 8 9 10");
});
