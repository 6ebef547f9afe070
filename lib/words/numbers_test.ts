import assert from "node:assert/strict";
import fc from "fast-check";
import { beside, bytes, compact, exact, number, plain, withUnit } from "./numbers.ts";

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
  const anyNumber = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.integer({ min: -200_000, max: 200_000 }).map((n) => n / 100),
  );
  fc.assert(
    fc.property(anyNumber, anyNumber, fc.boolean(), (limit, other, near) => {
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
  for (const [value, text] of cases) assert.equal(number(value), text);
});

Deno.test("compact and bytes shorten counts", () => {
  assert.deepEqual([999, 12_400, 41e6, 2.5e9].map(compact), [
    "999",
    "12.4\u202fk",
    "41.0\u202fM",
    "2.5\u202fG",
  ]);
  assert.equal(bytes(12), "12\u202fB");
  assert.equal(bytes(5_300_000), "5.3\u202fMB");
});

Deno.test("withUnit: a bare rate in words, a bare count without one, all else as it is", () => {
  const said = ["1/h", "/min", "1/s", "count", "1", "", null, "L/h", "rpm", "mm/s"]
    .map((unit) => withUnit("5", unit));
  const rates = ["5 per hour", "5 per minute", "5 per second"];
  assert.deepEqual(said, [...rates, "5", "5", "5", "5", "5 L/h", "5 rpm", "5 mm/s"]);
});
