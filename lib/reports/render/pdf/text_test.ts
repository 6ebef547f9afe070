import assert from "node:assert/strict";
import { wrapped } from "./text.ts";

const measure = (text: string) => [...text].length;

Deno.test("texts are broken at spaces, long words where the line ends, and nothing is lost", () => {
  const cases: [string, number, string[]][] = [
    ["", 10, [""]],
    ["one two three", 8, ["one two ", "three"]],
    ["a\nb\tc", 10, ["a", "b c"]],
    ["Hydraulikpumpe", 5, ["Hydra", "ulikp", "umpe"]],
    ["hall/press/bearing", 12, ["hall/press/", "bearing"]],
    ["x hydraulic", 6, ["x ", "hydrau", "lic"]],
    ["😀😀😀", 2, ["😀😀", "😀"]],
    ["no\u0007 bell\ud800", 20, ["no bell\ufffd"]],
    ["ab", 0.5, ["a", "b"]],
  ];
  for (const [text, width, lines] of cases) assert.deepEqual(wrapped(text, width, measure), lines);
});
