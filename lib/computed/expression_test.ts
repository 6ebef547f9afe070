import assert from "node:assert/strict";
import fc from "fast-check";
import { parseExpression } from "./expression.ts";

const value = (text: string, values: number[] = []) =>
  parseExpression(text, ["a", "b", "c"]).evaluate(values);
const refusal = (text: string): string => {
  try {
    parseExpression(text, ["a", "b"]);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
};

Deno.test("expression: the usual order, and what it has to offer", () => {
  const cases: [string, number, number[]?][] = [
    ["1 + 2 * 3", 7],
    ["(1 + 2) * 3", 9],
    ["10 - 4 - 3", 3],
    ["2 ^ 3 ^ 2", 512],
    ["-2 ^ 2", -4],
    ["7 % 4", 3],
    ["1e3 + .5", 1000.5],
    ["min(a, b, 3) + MAX(1, 2)", 4, [5, 2]],
    ["abs(-a)", 5, [5]],
    ["round(2.345, 2) + round(-0.5)", 1.35],
    ["if(a > 80, 1, 0)", 1, [81]],
    ["if(a = b, c, 0)", 9, [1, 1, 9]],
    ["(a >= 1) + (b != 2)", 1, [1, 2]],
  ];
  for (const [text, expected, values] of cases) {
    assert.ok(Math.abs(value(text, values) - expected) < 1e-9, `${text} = ${value(text, values)}`);
  }
});

Deno.test("expression: what is wrong is said, and where", () => {
  const cases: [string, RegExp][] = [
    ["", /ends where/],
    ["a +", /ends where a number or a name should stand \(character 4\)/],
    ["a b", /"b" is not expected here \(character 3\)/],
    ["x + 1", /no input named "x"; the names are: a, b/],
    ["sqrt(a)", /no function "sqrt"; there are: min, max, abs, round, if/],
    ["if(a, 1)", /if takes 3 values, not 2/],
    ["a ? b : 1", /"\? b : 1" is not understood/],
    ["(a", /"\)" is missing/],
    ["constructor(1)", /no function/],
    ["a; b", /not understood/],
    [`${"(".repeat(400)}a`, /nested deeper than 32/],
    [`${"-".repeat(400)}a`, /nested deeper than 32/],
    ["a+".repeat(240) + "a", /more than 200 parts/],
    ["1".repeat(600), /longer than 500/],
  ];
  for (const [text, expected] of cases) assert.match(refusal(text), expected, text.slice(0, 40));
});

Deno.test("expression: no text at all does anything but give a number or a sentence", () => {
  fc.assert(fc.property(
    fc.string({ unit: fc.constantFrom(..."ab1.()+-*/%^<>=!, if min e"), maxLength: 60 }),
    (text) => {
      let evaluate;
      try {
        ({ evaluate } = parseExpression(text, ["a", "b"]));
      } catch (error) {
        return assert.equal((error as { code?: string }).code, "validation");
      }
      assert.equal(typeof evaluate([1, 2]), "number");
    },
  ));
});
