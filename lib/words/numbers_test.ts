import assert from "node:assert/strict";
import fc from "fast-check";
import { beside, exact, plain } from "./numbers.ts";

Deno.test("plain: four significant digits, and nothing rounded before the decimal point", () => {
  const cases: [number, string][] = [
    [83.4217, "83.42"],
    [101326.2, "101326"],
    [1_795_827_521, "1795827521"],
    [-1013.6, "-1014"],
    [0.30000000000000004, "0.3"],
    [7, "7"],
    [0, "0"],
    [-0, "0"],
    [0.00001234, "1.23e-5"],
    [1e18, "1.00e+18"],
    [NaN, "NaN"],
  ];
  for (const [x, text] of cases) assert.equal(plain(x), text);
});

Deno.test("exact: a limit as it was typed", () => {
  for (const text of ["1013.5", "7.0004", "0.00025", "90", "-18", "101325.5", "0.000001", "1e-7"]) {
    assert.equal(Number(exact(Number(text))), Number(text));
    if (!text.includes("e")) assert.equal(exact(Number(text)), text);
  }
});

Deno.test("beside: value and limit can be told apart, on the right side", () => {
  const cases: [number, number, string][] = [
    [1013.6, 1013.5, "1013.6"],
    [7.00041, 7.0004, "7.00041"],
    [101326.2, 101325.5, "101326.2"],
    [83.4217, 80, "83.42"],
    [80.000001, 80, "80.000001"],
    [90, 90, "90"],
    [4, 5.25, "4"],
    [99.99999, 100, "99.99999"],
  ];
  for (const [value, limit, text] of cases) assert.equal(beside(value, limit), text);
});

Deno.test("beside: for any two different numbers the texts differ and keep the order", () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.integer({ min: -200_000, max: 200_000 }).map((n) => n / 100),
  );
  fc.assert(
    fc.property(number, number, fc.boolean(), (limit, other, near) => {
      const value = near ? limit + (Math.abs(limit) || 1) * 1e-9 : other;
      fc.pre(value !== limit && Number.isFinite(value));
      const text = beside(value, limit);
      assert.equal(Number(text) > limit, value > limit, text);
      assert.notEqual(text, exact(limit));
      assert.equal(Number(exact(limit)), limit === 0 ? 0 : limit);
    }),
    { numRuns: 5000 },
  );
});
