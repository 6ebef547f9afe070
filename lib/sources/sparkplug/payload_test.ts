import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeCommand } from "./encode.ts";
import { Host } from "./host.ts";
import { leavesOf } from "./leaves.ts";
import { decodePayload, isPayloadFault, type Metric, type Raw } from "./payload.ts";
import { TYPE } from "./types.ts";
import { elementsOf, valueOf, widened } from "./value.ts";
import { WireWriter } from "./wire.ts";

const metric = (fill: (writer: WireWriter) => WireWriter) => fill(new WireWriter()).done();
const payload = (...metrics: Uint8Array[]) => {
  const writer = new WireWriter().uint(1, 1_000);
  for (const one of metrics) writer.bytes(2, one);
  return writer.uint(3, 7).done();
};
const read = (bytes: Uint8Array) => {
  const decoded = decodePayload(bytes);
  assert.ok(!isPayloadFault(decoded));
  return decoded;
};
const faultOf = (bytes: Uint8Array) => {
  const decoded = decodePayload(bytes);
  assert.ok(isPayloadFault(decoded));
  return decoded;
};
const int = (value: number): Raw => ({ in: "int", value });
const long = (value: number | bigint): Raw => ({ in: "long", value });

Deno.test("sparkplug values: whole numbers are cut to their width, in every form that publishers send", () => {
  const cases: [number, Raw, number | bigint][] = [
    [TYPE.int8, int(0xfb), -5],
    [TYPE.int8, int(0xfffffffb), -5],
    [TYPE.int16, int(0xfffb), -5],
    [TYPE.int16, int(0x8000), -32_768],
    [TYPE.int32, int(0xfffffffb), -5],
    [TYPE.int32, long(0xfffffffffffffffbn), -5],
    [TYPE.uint8, int(0x1ff), 255],
    [TYPE.uint16, int(0xffff), 65_535],
    [TYPE.uint32, long(4_294_967_295), 4_294_967_295],
    [TYPE.int64, long(0xfffffffffffffffbn), -5],
    [TYPE.int64, long(2 ** 53 - 1), 2 ** 53 - 1],
    [TYPE.int64, long(0x8000000000000000n), -(2n ** 63n)],
    [TYPE.uint64, long(0xffffffffffffffffn), 2n ** 64n - 1n],
    [TYPE.dateTime, long(1_767_225_600_000), 1_767_225_600_000],
  ];
  for (const [type, raw, expected] of cases) assert.equal(valueOf(type, raw), expected);
  assert.equal(valueOf(TYPE.boolean, int(1)), true);
  assert.equal(valueOf(TYPE.boolean, { in: "string", value: "on" }), undefined);
  assert.equal(valueOf(TYPE.int32, { in: "string", value: "5" }), undefined);
});

Deno.test("sparkplug values: a Float is the decimal that was meant", () => {
  for (const value of [21.3, 0.1, -40.05, 3.4e38, 1e-38, 16_777_216, 0.333_333_34]) {
    const single = Math.fround(value);
    assert.equal(Math.fround(widened(single)), single);
    assert.ok(String(widened(single)).length <= String(value).length + 1, String(widened(single)));
  }
  assert.equal(widened(Math.fround(21.3)), 21.3);
});

Deno.test("sparkplug values: arrays, little-endian", () => {
  assert.deepEqual(elementsOf(TYPE.int16Array, Uint8Array.of(0xfb, 0xff, 1, 0)), [-5, 1]);
  assert.deepEqual(elementsOf(TYPE.floatArray, new Uint8Array(Float32Array.of(21.3).buffer)), [
    21.3,
  ]);
  const twelve = Uint8Array.of(12, 0, 0, 0, 0b0011_0100, 0b1101_0000);
  assert.deepEqual(elementsOf(TYPE.booleanArray, twelve)!.map(Number).join(""), "001101001101");
  const texts = new TextEncoder().encode("ABC\0hello\0");
  assert.deepEqual(elementsOf(TYPE.stringArray, texts), ["ABC", "hello"]);
  for (const [type, bytes] of [[TYPE.int16Array, [1]], [TYPE.booleanArray, [255, 255, 0, 0, 1]]]) {
    assert.equal(elementsOf(type as number, Uint8Array.from(bytes as number[])), undefined);
  }
});

Deno.test("sparkplug values: members of templates, cells of data sets and elements have names", () => {
  const member = metric((w) => w.text(1, "rpm").uint(4, TYPE.int32).uint(10, 1_500));
  const inner = metric((w) =>
    w.text(1, "motor").uint(4, TYPE.template).bytes(18, template(member))
  );
  const outer = metric((w) => w.text(1, "Line").uint(4, TYPE.template).bytes(18, template(inner)));
  const row = new WireWriter().bytes(1, new WireWriter().uint(1, 5).done())
    .bytes(1, new WireWriter().text(6, "ok").done()).done();
  const set = new WireWriter().uint(1, 2).text(2, "n").text(2, "state")
    .bytes(3, Uint8Array.of(TYPE.int32, TYPE.string)).bytes(4, row).done();
  const table = metric((w) => w.text(1, "Shift").uint(4, TYPE.dataSet).bytes(17, set));
  const array = metric((w) =>
    w.text(1, "Zones").uint(4, TYPE.uint8Array).bytes(16, Uint8Array.of(7, 8))
  );
  const found = read(payload(outer, table, array)).metrics.flatMap((one) =>
    leavesOf(one, () => undefined, { left: 100 })!.map((
      { suffix, value },
    ) => [one.name + suffix, value])
  );
  assert.deepEqual(found, [
    ["Line/motor/rpm", 1_500],
    ["Shift/0/n", 5],
    ["Shift/0/state", "ok"],
    ["Zones/0", 7],
    ["Zones/1", 8],
  ]);
});

Deno.test("sparkplug commands: byte for byte, each type in its field", () => {
  const hex = (type: number, value: number | boolean | string) =>
    [...encodeCommand({ name: "A", type, value }, 1)].map((b) => b.toString(16).padStart(2, "0"))
      .join("");
  const head = "0801";
  assert.equal(hex(TYPE.boolean, false), `${head}12090a01411801200b7000`);
  assert.equal(hex(TYPE.int8, -5), `${head}120d0a01411801200150fbffffff0f`);
  assert.equal(hex(TYPE.uint32, 4_294_967_295), `${head}120d0a01411801200750ffffffff0f`);
  assert.equal(hex(TYPE.int64, -1), `${head}12120a01411801200458ffffffffffffffffff01`);
  assert.equal(hex(TYPE.float, 1), `${head}120c0a014118012009650000803f`);
  assert.equal(hex(TYPE.double, 1), `${head}12100a01411801200a69000000000000f03f`);
  assert.equal(hex(TYPE.string, "on"), `${head}120b0a01411801200c7a026f6e`);
});

Deno.test("sparkplug payloads: what is too much or no payload has one reason, soon", () => {
  let deep = template();
  for (let i = 0; i < 1_000; i++) {
    deep = template(metric((w) => w.text(1, "x").uint(4, TYPE.template).bytes(18, deep)));
  }
  const bomb = metric((w) => w.text(1, "x").uint(4, TYPE.template).bytes(18, deep));
  assert.match(faultOf(payload(bomb)).message, /templates are nested more than 8 deep/);
  const small = metric((w) => w.uint(2, 1));
  const many = (n: number) => payload(...Array.from({ length: n }, () => small));
  assert.equal(read(many(10_000)).metrics.length, 10_000);
  assert.deepEqual(faultOf(many(10_001)).code, "too_large");
  assert.equal(faultOf(new Uint8Array(2_000_000)).code, "too_large");
  assert.match(
    faultOf(payload(metric((w) => w.text(1, "n".repeat(600))))).message,
    /600 bytes; 512 are/,
  );
  for (
    const bad of [[], [0x28, 1], [0x12, 0x05, 0x0a], [0xff], [0x12, 0xff, 0xff, 0xff, 0xff, 0x7f], [
      0x0b,
    ], [0x08]]
  ) {
    assert.equal(faultOf(Uint8Array.from(bad)).code, "bad_payload");
  }
  // A thousand arrays of a thousand truths each: few bytes, a million values.
  const truths = new Uint8Array(4 + 125);
  new DataView(truths.buffer).setUint32(0, 1_000, true);
  const arrays = Array.from(
    { length: 1_000 },
    (_, i) => metric((w) => w.text(1, `a${i}`).uint(4, TYPE.booleanArray).bytes(16, truths)),
  );
  const heard = new Host({ reorderMs: () => 2_000 }).take(
    "spBv1.0/G/NBIRTH/N",
    payload(...arrays),
    0,
  )!;
  assert.deepEqual(heard.rejects.map(({ code }) => code), ["too_large"]);
});

Deno.test("sparkplug payloads: every beginning of a good one, and any bytes, are read without a fault of ours", () => {
  const good = payload(
    metric((w) => w.text(1, "T").uint(2, 1).uint(3, 5).uint(4, TYPE.double).double(13, 21.5)),
    metric((w) =>
      w.text(1, "L").uint(4, TYPE.template).bytes(18, template(metric((m) => m.text(1, "x"))))
    ),
  );
  const host = new Host({ reorderMs: () => 2_000 });
  const types = ["NBIRTH", "NDATA", "NDEATH"].map((type) => `spBv1.0/G/${type}/N`)
    .concat(["DBIRTH", "DDATA", "DDEATH"].map((type) => `spBv1.0/G/${type}/N/D`));
  const bounded = (bytes: Uint8Array) => {
    for (const topic of types) {
      const heard = host.take(topic, bytes, 0);
      if (heard === null) return assert.equal(bytes.length, 0);
      assert.ok(heard.rejects.length <= 100 && heard.readings.length <= 10_000);
    }
  };
  for (let end = 0; end < good.length; end++) bounded(good.subarray(0, end));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bounded), { numRuns: 500 });
  const changed = fc.tuple(fc.nat(good.length - 1), fc.nat(255), fc.nat(255));
  fc.assert(
    fc.property(changed, ([at, to, next]) => {
      const bytes = good.slice();
      bytes[at] = to;
      bytes[(at + 1) % bytes.length] = next;
      bounded(bytes);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("sparkplug payloads: what is written is read as it was meant", () => {
  const cases = fc.tuple(
    fc.constantFrom(
      TYPE.int8,
      TYPE.int16,
      TYPE.int32,
      TYPE.uint8,
      TYPE.uint16,
      TYPE.uint32,
      TYPE.int64,
    ),
    fc.integer({ min: -128, max: 127 }),
  );
  fc.assert(fc.property(cases, ([type, value]) => {
    const meant = type >= TYPE.uint8 && type <= TYPE.uint32 ? Math.abs(value) : value;
    const [read_] = read(encodeCommand({ name: "A", type, value: meant }, 1)).metrics;
    assert.equal(valueOf(type, (read_ as Metric).value!), meant);
  }));
});

function template(...members: Uint8Array[]): Uint8Array {
  const writer = new WireWriter().text(1, "1");
  for (const member of members) writer.bytes(2, member);
  return writer.done();
}
