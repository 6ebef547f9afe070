import assert from "node:assert/strict";
import fc from "fast-check";
import { MINUTE_MS } from "../words/times.ts";
import { BucketSums } from "./buckets.ts";
import { scaleSlice } from "./chunk.ts";
import { encodeMinutes, hasMinutes, readMinutes, reusedColumns, signMinutes } from "./minutes.ts";
import type { Slice } from "./slice.ts";

const SENSOR = 7;
/** Of whole hours, so that buckets of five minutes begin with it. */
const START_MS = Date.UTC(2026, 0, 1);

/** Ten readings a minute, whole and with two decimals, from some minute on. */
const slice: fc.Arbitrary<Slice> = fc.tuple(
  fc.nat(500),
  fc.array(fc.integer({ min: -900, max: 900 }), { minLength: 1, maxLength: 400 }),
).map(([minute, mantissas]) => {
  const n = mantissas.length;
  return {
    n,
    tMs: Float64Array.from(mantissas, (_, i) => START_MS + minute * MINUTE_MS + i * 6_000),
    value: Float64Array.from(mantissas, (m) => m / 100),
    flags: new Uint8Array(n),
    seq: null,
  };
});

Deno.test("readMinutes into columns that are used again gives BucketSums what new ones give", () => {
  fc.assert(fc.property(fc.array(slice, { minLength: 2, maxLength: 5 }), (slices) => {
    const blobs = slices.map((one) => encodeMinutes(one, scaleSlice(one))).filter(hasMinutes);
    for (const blob of blobs) signMinutes(blob, SENSOR, 0);
    const all = Uint8Array.from(blobs.flatMap((blob) => [...blob]));
    const toMs = START_MS + 600 * MINUTE_MS;
    const summedInto = (columnsOf?: ReturnType<typeof reusedColumns>) => {
      const sums = new BucketSums(START_MS, toMs, 5 * MINUTE_MS);
      readMinutes(all, SENSOR, (columns) => sums.addMinutes(columns, START_MS, toMs), {
        columnsOf,
      });
      return sums.result([], { tier: "raw", summedUntilMs: null });
    };
    assert.deepStrictEqual(summedInto(reusedColumns()), summedInto());
  }));
});
