import assert from "node:assert/strict";
import fc from "fast-check";
import { MINUTE_MS } from "../words/times.ts";
import { FormatError } from "./bytes.ts";
import { decodeChunk, encodeChunk, MOST_READINGS, scaleSlice } from "./chunk.ts";
import {
  checkExtremes,
  checkSummary,
  type ChunkBlobs,
  decodeRow,
  encodeRow,
  isSummaryOf,
} from "./chunk_row.ts";
import { encodeMinutes, hasMinutes, minutesBody, readMinutes, signMinutes } from "./minutes.ts";
import { FLAG_HAS_SEQ } from "./reading.ts";
import type { Slice } from "./slice.ts";
import { Tail } from "./tail.ts";
import { exponentOf, mantissaAt, RAW } from "./scale.ts";

const START_MS = Date.UTC(2026, 0, 1);

/** Sequences of values as sensors make them, and as no sensor ever should. */
const values = fc.oneof(
  fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 300 }),
  fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 300 }),
  fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 100 }),
  fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 1, max: 300 }))
    .map(([x, n]) => new Array<number>(n).fill(x)),
  // A random walk with two decimals and a few odd values in it.
  fc.array(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.nat(60)), {
    minLength: 1,
    maxLength: 300,
  }).map((steps) => {
    let level = 2000;
    return steps.map(([step, odd]) => odd === 0 ? 1 / 3 : odd === 1 ? -0 : (level += step) / 100);
  }),
  fc.array(fc.constantFrom(0, -0, 1e-300, 5e-324, 1.7976931348623157e308, -1e308), {
    minLength: 1,
    maxLength: 50,
  }),
);
const gap = fc.oneof(
  fc.constant(1000),
  fc.integer({ min: 998, max: 1002 }),
  fc.integer({ min: 0, max: 500_000 }),
  fc.integer({ min: 0, max: 10 ** 10 }),
);

const slice: fc.Arbitrary<Slice> = fc.tuple(values, fc.infiniteStream(gap), fc.nat(2)).map(
  ([value, gaps, seqMode]) => {
    const n = value.length;
    const tMs = new Float64Array(n);
    const flags = new Uint8Array(n);
    const seq = seqMode === 0 ? null : new Float64Array(n);
    let now = START_MS;
    for (let i = 0; i < n; i++) {
      tMs[i] = now;
      now += gaps.next().value!;
      if (seq !== null && (i % 5 !== 0 || seqMode === 1)) {
        flags[i] = FLAG_HAS_SEQ;
        seq[i] = seqMode === 1 ? i * 3 : i / 7;
      } else flags[i] = i % 11 === 0 ? 1 : 0;
    }
    return { n, tMs, value: Float64Array.from(value), flags, seq };
  },
);

Deno.test("encodeChunk and decodeChunk give back any sequence bit for bit", () => {
  fc.assert(fc.property(slice, (original) => {
    const decoded = decodeChunk(encodeChunk(original, scaleSlice(original)));
    assert.deepStrictEqual(decoded, original);
  }));
});

Deno.test("encodeMinutes and readMinutes give the exact count, min, max and sum of every minute", () => {
  fc.assert(fc.property(slice, (original) => {
    const bytes = encodeMinutes(original, scaleSlice(original));
    if (!hasMinutes(bytes)) return;
    signMinutes(bytes, 7, 0);
    const expected = new Map<number, number[]>();
    for (let i = 0; i < original.n; i++) {
      const minute = Math.floor(original.tMs[i] / MINUTE_MS) * MINUTE_MS;
      expected.set(minute, [...(expected.get(minute) ?? []), original.value[i]]);
    }
    readMinutes(bytes, 7, (columns) => {
      for (let i = 0; i < columns.k; i++) {
        const tMs = columns.at[i] * MINUTE_MS;
        const of = expected.get(tMs)!;
        expected.delete(tMs);
        assert.equal(columns.n[i], of.length);
        assert.ok(columns.min[i] / columns.scale === Math.min(...of));
        assert.ok(columns.max[i] / columns.scale === Math.max(...of));
        const exact = of.reduce((a, b) => a + b, 0);
        const size = of.reduce((a, b) => a + Math.abs(b), 0);
        const off = Math.abs(columns.sum[i] / columns.scale - exact);
        assert.ok(!Number.isFinite(exact) || off <= 1e-12 * size);
      }
    });
    assert.equal(expected.size, 0);
  }));
});

/** Bytes changed as disks, memory and people do it. */
function damaged(good: Uint8Array): fc.Arbitrary<Uint8Array> {
  const at = fc.nat(good.length - 1);
  const changed = (change: (bytes: Uint8Array) => void) => {
    const bytes = good.slice();
    change(bytes);
    return bytes;
  };
  return fc.oneof(
    at.map((length) => good.slice(0, length)),
    fc.tuple(at, fc.nat(255)).map(([at, byte]) => changed((bytes) => void (bytes[at] = byte))),
    fc.tuple(at, fc.nat(7)).map(([at, bit]) => changed((bytes) => void (bytes[at] ^= 1 << bit))),
    fc.tuple(at, fc.nat(600)).map(([at, n]) => changed((bytes) => bytes.fill(0, at, at + n))),
    fc.tuple(at, fc.uint8Array({ minLength: 1, maxLength: 64 }))
      .map(([at, noise]) => changed((b) => b.set(noise.subarray(0, b.length - at), at))),
    fc.uint8Array({ minLength: 1, maxLength: 40 })
      .map((more) => Uint8Array.from([...good, ...more])),
    fc.uint8Array({ maxLength: 300 }),
  );
}

/** The same as the release before wrote it: without header and checksum. */
function unsigned({ data, minutes }: ChunkBlobs): ChunkBlobs {
  return {
    data: Uint8Array.from([1, ...data.subarray(5)]),
    minutes: hasMinutes(minutes) ? Uint8Array.from([1, ...minutesBody(minutes)]) : Uint8Array.of(0),
  };
}

Deno.test("decodeRow and checkSummary give what was written, or refuse it, whatever changes in blobs and columns", () => {
  let refused = 0;
  fc.assert(
    fc.property(slice, fc.gen(), (original, g) => {
      const row = encodeRow(7, 1_000, original);
      const mutant = { ...row };
      const what = g(() => fc.constantFrom("data", "minutes", "column", "other"));
      if (what === "data") mutant.data = g(() => damaged(row.data));
      else if (what === "minutes") mutant.minutes = g(() => damaged(row.minutes));
      else if (what === "column") {
        const columns = ["sensor", "firstMs", "lastMs", "rank", "n", "bytes", "min", "max", "sum"];
        const column = g(() => fc.constantFrom(...columns)) as "sensor";
        mutant[column] = g(() => fc.oneof(fc.constantFrom(0, 1, -1, 1e300), fc.double()));
      } else {
        // Of another row: those of a sensor differ in their rank or times.
        const [sensor, rank] = g(() => fc.constantFrom([7, 1_001], [8, 1_000]));
        const { data, minutes } = encodeRow(sensor, rank, g(() => slice));
        Object.assign(mutant, { data, minutes });
      }
      try {
        const decoded = decodeRow(mutant, false);
        assert.deepStrictEqual(decoded, original);
        checkExtremes(mutant, decoded);
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
        refused++;
      }
      try {
        checkSummary(mutant, false);
        assert.deepStrictEqual(mutant.minutes, row.minutes);
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
      }
    }),
    // What the generator makes while it runs shrinks without end.
    { numRuns: 600, endOnFailure: true },
  );
  assert.ok(refused > 150, `${refused} were refused`);
});

Deno.test("decodeRow still reads what has no checksum, and refuses it where there must be one", () => {
  fc.assert(fc.property(slice, (original) => {
    const row = encodeRow(7, 1_000, original);
    const old = { ...row, ...unsigned(row) };
    assert.deepStrictEqual(decodeRow(old, true), original);
    checkSummary(old, true);
    assert.ok(isSummaryOf(old.minutes, original));
    assert.throws(() => decodeRow(old, false), FormatError);
    assert.throws(() => checkSummary(old, false), FormatError);
  }));
});

Deno.test("decodeChunk and readMinutes refuse any bytes with a FormatError, and take little memory for them", () => {
  const n = 400;
  const row = encodeRow(7, 1_000, {
    n,
    tMs: Float64Array.from({ length: n }, (_, i) => START_MS + i * 1000),
    value: Float64Array.from({ length: n }, (_, i) => Math.round(1000 * Math.sin(i)) / 100),
    flags: new Uint8Array(n),
    seq: null,
  });
  for (const { data, minutes } of [row, unsigned(row)]) {
    for (
      const [good, read] of [
        [data, (b: Uint8Array) => assert.ok(decodeChunk(b).n <= MOST_READINGS)],
        [
          minutes,
          (b: Uint8Array) =>
            readMinutes(b, 7, ({ k }) => assert.ok(k <= MOST_READINGS), { mayBeUnsigned: true }),
        ],
      ] as const
    ) {
      fc.assert(
        fc.property(damaged(good), (bytes) => {
          try {
            read(bytes);
          } catch (error) {
            assert.ok(error instanceof FormatError, String(error));
          }
        }),
        { numRuns: 500 },
      );
    }
  }
});

Deno.test("encodeChunk keeps a steady sensor below 0.89 bytes per reading, summary included", () => {
  const n = 10_000;
  let state = 7;
  const random = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const original: Slice = {
    n,
    tMs: Float64Array.from({ length: n }, (_, i) => START_MS + i * 1000),
    value: Float64Array.from({ length: n }, () => Math.round(2150 + 20 * gauss()) / 100),
    flags: new Uint8Array(n),
    seq: null,
  };
  const scaled = scaleSlice(original);
  const bytes = encodeChunk(original, scaled).length + encodeMinutes(original, scaled).length;
  assert.ok(bytes / n < 0.89, `${bytes / n} bytes per reading`);
});

Deno.test("Tail gives back any readings bit for bit, in time order and arrival order within a time", () => {
  const reading = fc.record({
    tMs: fc.oneof(
      fc.integer({ min: START_MS, max: START_MS + 50 }),
      fc.integer({ min: Date.UTC(2000), max: Date.UTC(2100) }),
    ),
    value: fc.oneof(
      fc.integer({ min: -1000, max: 1000 }).map((m) => m / 10),
      fc.integer({ min: -3e9, max: 3e9 }).map((m) => m / 1000),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(-0, 1e-300),
    ),
    flags: fc.nat(3),
    seq: fc.nat(100),
  });
  fc.assert(fc.property(fc.array(reading, { maxLength: 120 }), (readings) => {
    const tail = new Tail();
    for (const { tMs, value, flags, seq } of readings) {
      const exponent = exponentOf(value, 0);
      tail.add(tMs, exponent, exponent === RAW ? value : mantissaAt(value, exponent), flags, seq);
    }
    const expected = [...readings].sort((a, b) => a.tMs - b.tMs);
    assert.deepStrictEqual(
      expected.map((_, i) => [tail.time(i), tail.value(i), tail.flags(i), tail.seq(i)]),
      expected.map((r) => [r.tMs, r.value, r.flags, r.flags & FLAG_HAS_SEQ ? r.seq : NaN]),
    );
  }));
});
