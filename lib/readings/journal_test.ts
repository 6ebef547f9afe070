import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteWriter, FormatError } from "./bytes.ts";
import { GroupColumns, valueAt } from "./columns.ts";
import { decodeGroups, encodeGroup } from "./journal.ts";
import { FLAG_HAS_SEQ, type PacketMark } from "./reading.ts";
import { exponentOf, mantissaAt, RAW } from "./scale.ts";

interface Item {
  sensor: number;
  tMs: number;
  value: number;
  flags: number;
  seq: number;
}

const value = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -100_000, max: 100_000 }).map((m) => m / 100),
  fc.constantFrom(0, -0, 1e-300, 5e-324, 1.7976931348623157e308, -1, 2 ** 53, 0.1 + 0.2, 1 / 3),
  fc.maxSafeInteger(),
);
const item: fc.Arbitrary<Item> = fc.record({
  sensor: fc.oneof(fc.nat(300), fc.nat(0xffff)),
  tMs: fc.integer({ min: Date.UTC(2000), max: Date.UTC(2100) }),
  value,
  flags: fc.oneof(fc.nat(7), fc.nat(255)),
  seq: fc.oneof(fc.nat(10_000), fc.maxSafeInteger(), fc.double({ noNaN: true })),
});
const mark: fc.Arbitrary<PacketMark> = fc.record({
  session: fc.constantFrom("perch", "press-1", "Ünïcode"),
  packetId: fc.nat(65_535),
  hash: fc.nat(0xffff),
}, { noNullPrototype: true });

function columnsOf(items: Item[]): GroupColumns {
  const columns = new GroupColumns();
  columns.reset(items.length);
  columns.n = items.length;
  items.forEach(({ sensor, tMs, value, flags, seq }, i) => {
    columns.sensor[i] = sensor;
    columns.tMs[i] = tMs;
    columns.exponent[i] = exponentOf(value, 0);
    columns.mantissa[i] = columns.exponent[i] === RAW
      ? value
      : mantissaAt(value, columns.exponent[i]);
    columns.flags[i] = flags;
    columns.seq[i] = seq;
    if (flags & FLAG_HAS_SEQ) columns.hasSeq = true;
  });
  return columns;
}

function itemsOf(columns: GroupColumns): Item[] {
  return Array.from({ length: columns.n }, (_, i) => ({
    sensor: columns.sensor[i],
    tMs: columns.tMs[i],
    value: valueAt(columns, i),
    flags: columns.flags[i],
    seq: columns.flags[i] & FLAG_HAS_SEQ ? columns.seq[i] : 0,
  }));
}

Deno.test("encodeGroup keeps marks of one session whose packet ids count up in two bytes each", () => {
  const marks = Array.from({ length: 100 }, (_, i) => ({
    session: "perch",
    packetId: 65_400 + i,
    hash: (i * 40_503) & 0xffff,
  }));
  const writer = new ByteWriter();
  encodeGroup(writer, 1, columnsOf([]), marks);
  const bytes = writer.take();
  assert.ok(bytes.length < 230, `${bytes.length} bytes`);
  decodeGroups(bytes, ({ packets }) => assert.deepStrictEqual(packets, marks));
});

Deno.test("encodeGroup and decodeGroups give back any readings and marks bit for bit", () => {
  const group = fc.record({
    items: fc.array(item, { maxLength: 40 }),
    marks: fc.array(mark, { maxLength: 10 }),
  });
  fc.assert(fc.property(fc.array(group, { minLength: 1, maxLength: 4 }), (groups) => {
    const writer = new ByteWriter(8);
    groups.forEach(({ items, marks }, g) => encodeGroup(writer, g * 1e6, columnsOf(items), marks));
    let g = 0;
    decodeGroups(writer.take(), ({ groupId, columns, packets }) => {
      const { items, marks } = groups[g];
      assert.equal(groupId, g++ * 1e6);
      const expected = items.map((i) => ({ ...i, seq: i.flags & FLAG_HAS_SEQ ? i.seq : 0 }));
      assert.deepStrictEqual(itemsOf(columns), expected);
      assert.deepStrictEqual(packets, marks);
    });
    assert.equal(g, groups.length);
  }));
});

Deno.test("decodeGroups gives the groups before the first damaged one, refuses that, and never allocates beyond its input", () => {
  const writer = new ByteWriter();
  const items = Array.from({ length: 50 }, (_, i) => ({
    sensor: i % 7,
    tMs: Date.UTC(2026) + i,
    value: i / 10,
    flags: i % 3,
    seq: i,
  }));
  const marks = [{ session: "s", packetId: 1, hash: 2 }];
  for (const id of [5, 6]) encodeGroup(writer, id, columnsOf(items), marks);
  const good = writer.take();
  const at = fc.nat(good.length - 1);
  const damage = fc.oneof(
    at.map((length) => good.slice(0, length)),
    fc.tuple(at, fc.nat(255), fc.integer({ min: 1, max: 64 })).map(([at, byte, n]) => {
      const bytes = good.slice();
      for (let i = at; i < Math.min(at + n, bytes.length); i++) bytes[i] = byte * (i + 1);
      return bytes;
    }),
    fc.tuple(at, fc.nat(7)).map(([at, bit]) => {
      const bytes = good.slice();
      bytes[at] ^= 1 << bit;
      return bytes;
    }),
    fc.uint8Array({ maxLength: 200 }),
  );
  let refused = 0;
  fc.assert(
    fc.property(damage, (bytes) => {
      let id = 5;
      try {
        decodeGroups(bytes, ({ groupId, columns, packets }) => {
          assert.ok(columns.sensor.length <= 1024);
          assert.equal(groupId, id++);
          assert.deepStrictEqual(
            itemsOf(columns).map(({ value }) => value),
            items.map((i) => i.value),
          );
          assert.deepStrictEqual(packets, marks);
        }, 0);
      } catch (error) {
        assert.ok(error instanceof FormatError, String(error));
        refused++;
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(refused > 1000, `${refused} were refused`);
});

Deno.test("decodeGroups still reads groups without a checksum, up to the last one that there can be", () => {
  const writer = new ByteWriter();
  encodeGroup(writer, 5, columnsOf([{ sensor: 1, tMs: 2, value: 3, flags: 0, seq: 0 }]), []);
  const signed = writer.take();
  const old = Uint8Array.from([...signed.subarray(0, 4), 1, ...signed.subarray(9)]);
  new DataView(old.buffer).setUint32(0, old.length - 4, true);
  const ids: number[] = [];
  decodeGroups(old, ({ groupId }) => ids.push(groupId), 5);
  assert.deepEqual(ids, [5]);
  assert.throws(() => decodeGroups(old, () => {}, 4), FormatError);
});

Deno.test("mantissaAt is exact or says NaN, and never loses a negative zero", () => {
  fc.assert(fc.property(value, fc.nat(12), (x, exponent) => {
    const mantissa = mantissaAt(x, exponent);
    if (Number.isNaN(mantissa)) return;
    assert.ok(Number.isSafeInteger(mantissa));
    assert.ok(Object.is(mantissa / 10 ** exponent, x));
  }));
  assert.ok(Number.isNaN(mantissaAt(-0, 0)));
  assert.equal(exponentOf(21.53, 0), 2);
  assert.equal(exponentOf(1e-300, 0), RAW);
});
