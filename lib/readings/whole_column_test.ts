import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteReader, ByteWriter, FormatError } from "./bytes.ts";
import {
  PREDICT_LEVEL,
  PREDICT_PREVIOUS,
  PREDICT_SMOOTH,
  readWholes,
  writeWholes,
} from "./whole_column.ts";

const VALUES = [PREDICT_PREVIOUS, PREDICT_SMOOTH, PREDICT_LEVEL] as const;

function packed(numbers: Float64Array): Uint8Array {
  const out = new ByteWriter();
  writeWholes(out, numbers, VALUES);
  return out.take();
}

function unpacked(bytes: Uint8Array, n: number): Float64Array {
  const reader = new ByteReader(bytes);
  const numbers = readWholes(reader, n);
  assert.equal(reader.left, 0);
  return numbers;
}

/** Noise of a standard deviation that remembers `memory` of what it was, about a level; never −0. */
function noise(n: number, deviation: number, memory: number, level: number, seed: number) {
  let state = seed >>> 0;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const gauss = () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  let above = 0;
  return Float64Array.from({ length: n }, () => {
    above = memory * above + deviation * gauss();
    return Math.round(level + above) + 0;
  });
}

const columns = fc.oneof(
  fc.record({
    n: fc.constantFrom(1, 2, 9, 300, 3000, 3001),
    deviation: fc.constantFrom(1, 20, 60, 100, 150, 200, 5000, 2 ** 20, 2 ** 24),
    memory: fc.integer({ min: -10, max: 10 }).map((x) => x / 10),
    level: fc.integer({ min: -(2 ** 50), max: 2 ** 50 }),
    seed: fc.nat(2 ** 30),
  }).map(({ n, deviation, memory, level, seed }) => noise(n, deviation, memory, level, seed)),
  // What is far from all the others, and steps of many places.
  fc.array(fc.oneof(fc.integer({ min: -40, max: 40 }), fc.maxSafeInteger()), {
    minLength: 1,
    maxLength: 200,
  }).map((numbers) => Float64Array.from(numbers, (x) => Math.trunc(x / 4) + 0)),
);

Deno.test("readWholes gives back what writeWholes wrote, whatever noise it is", () => {
  let smooth = 0;
  let lowBits = 0;
  fc.assert(
    fc.property(columns, (numbers) => {
      const bytes = packed(numbers);
      if (bytes[0] === PREDICT_SMOOTH) smooth++;
      if (shapeOf(bytes) > 7) lowBits++;
      assert.deepStrictEqual(unpacked(bytes, numbers.length), numbers);
    }),
    { numRuns: 600 },
  );
  assert.ok(smooth > 20 && lowBits > 5, `${smooth} were smoothed, ${lowBits} had low bits`);
});

/** The byte that says how many planes and low bits there are. */
function shapeOf(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes);
  const predictor = reader.u8();
  for (let i = 0; i < (predictor === PREDICT_SMOOTH ? 4 : 2); i++) reader.zigzag();
  return reader.u8();
}

/** Least bytes per number that noise can take: its entropy. */
const floorOf = (deviation: number) => Math.log2(deviation * Math.sqrt(2 * Math.PI * Math.E)) / 8;

for (const memory of [0, 0.5, 0.9, 1]) {
  for (const deviation of [20, 100, 5000]) {
    Deno.test(`writeWholes takes at most 4 % more than the entropy of noise of ${deviation} that remembers ${memory}`, () => {
      const n = 10_000;
      const bytes = packed(noise(n, deviation, memory, 2150, 7)).length / n;
      assert.ok(bytes < 1.04 * floorOf(deviation), `${bytes} of ${floorOf(deviation)}`);
    });
  }
}

Deno.test("readWholes refuses coefficients and planes that writeWholes does not write", () => {
  const good = packed(noise(300, 20, 0.5, 0, 7));
  assert.equal(good[0], PREDICT_SMOOTH);
  const reader = new ByteReader(good, 1);
  reader.zigzag();
  reader.zigzag();
  const phiAt = reader.at;
  const mutated = (at: number, bytes: number[], skip: number) =>
    Uint8Array.from([...good.subarray(0, at), ...bytes, ...good.subarray(at + skip)]);
  reader.zigzag();
  const thetaAt = reader.at;
  reader.zigzag();
  const shapeAt = reader.at;
  // 600 is 300, and 253 is one more than there is; five planes; 31 low bits.
  for (
    const bytes of [
      mutated(phiAt, [0xd8, 0x04], thetaAt - phiAt),
      mutated(thetaAt, [0xfa, 0x03], shapeAt - thetaAt),
      mutated(shapeAt, [5], 1),
      mutated(shapeAt, [1 | 31 << 3], 1),
    ]
  ) assert.throws(() => unpacked(bytes, 300), FormatError);
});
