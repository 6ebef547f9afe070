import assert from "node:assert/strict";
import fc from "fast-check";
import type { Sums } from "../minutes.ts";
import { RAW } from "../scale.ts";
import { packSums, unpackSums } from "./packed_sums.ts";
import { packSummary, unpackSummary } from "./summary.ts";
import { addUp } from "./sums.ts";

const unit = fc.record({
  gap: fc.constantFrom(0, 0, 0, 1, 5000),
  n: fc.integer({ min: 1, max: 4_000_000 }),
  x: fc.integer({ min: -(2 ** 51), max: 2 ** 51 }),
  y: fc.integer({ min: -2000, max: 2000 }),
  raw: fc.double({ noNaN: true, noDefaultInfinity: true }),
});

const sumsOfUnits = fc.tuple(
  fc.constantFrom(0, 2, 12, RAW),
  fc.boolean(),
  fc.array(unit, { minLength: 1, maxLength: 300 }),
).map(([exponent, isWide, units]): Sums => {
  let at = 480_000;
  const low = (i: number) => {
    const { raw, x, y } = units[i];
    return exponent === RAW ? raw : isWide ? x : y;
  };
  const min = Float64Array.from(units, (_, i) => low(i));
  const max = Float64Array.from(units, (_, i) => Math.max(low(i), low((i + 1) % units.length)));
  return {
    exponent,
    at: Float64Array.from(units, ({ gap }) => at += 1 + gap),
    n: Float64Array.from(units, ({ n }) => n),
    min,
    max,
    sum: Float64Array.from(
      units,
      ({ n }, i) => exponent === RAW ? n * max[i] : (min[i] + max[i]) % 9e15,
    ),
  };
});

Deno.test("packSums: what is unpacked is what was packed, bit for bit", () => {
  fc.assert(fc.property(sumsOfUnits, fc.boolean(), (sums, isFast) => {
    assert.deepEqual(unpackSums(packSums(sums, 7, () => 1, isFast)), sums);
  }));
});

Deno.test("unpackSummary refuses a row with any bit flipped", () => {
  fc.assert(
    fc.property(sumsOfUnits, fc.nat(), fc.nat(7), (sums, place, bit) => {
      const row = packSummary(7, "minute", "own", sums);
      assert.deepEqual(unpackSummary(row), sums);
      row.data[place % row.data.length] ^= 1 << bit;
      assert.throws(() => unpackSummary(row), { name: "FormatError" });
    }),
    { numRuns: 50 },
  );
});

Deno.test("addUp: parts of different exponents add up to exact values", () => {
  const part = (exponent: number, x: number): Sums => ({
    exponent,
    at: Float64Array.of(60, 61),
    n: Float64Array.of(1, 2),
    min: Float64Array.of(x, x),
    max: Float64Array.of(x, x + 1),
    sum: Float64Array.of(x, 2 * x + 1),
  });
  assert.deepEqual(addUp([part(1, 5), part(2, 7)], 60), {
    exponent: 2,
    at: Float64Array.of(1),
    n: Float64Array.of(6),
    min: Float64Array.of(7),
    max: Float64Array.of(60),
    sum: Float64Array.of(160 + 22),
  });
  const raw = addUp([part(1, 5), part(RAW, 1 / 3)]);
  assert.deepEqual([raw.exponent, raw.min[0], raw.max[1]], [RAW, 1 / 3, 4 / 3]);
});
