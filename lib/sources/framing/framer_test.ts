import assert from "node:assert/strict";
import fc from "fast-check";
import { PacketEdge } from "./edge.ts";
import { FrameFault, Framer } from "./framer.ts";

const PUBLISH = 0x32, PING = 0xc0;

function packet(header: number, body: Uint8Array): Uint8Array {
  const length: number[] = [];
  let left = body.length;
  do {
    length.push(left > 127 ? left & 0x7f | 0x80 : left);
    left >>= 7;
  } while (left > 0);
  return new Uint8Array([header, ...length, ...body]);
}

function joined(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

function cutAt(bytes: Uint8Array, cuts: number[]): Uint8Array[] {
  const at = [0, ...cuts.map((c) => c % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.slice(at[i], end));
}

const packets = fc.array(
  fc.record({
    header: fc.constantFrom(PUBLISH, PING, 0x40),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.uint8Array({ minLength: 120, maxLength: 300 }),
    ),
  }).map(({ header, body }) => packet(header, body)),
  { maxLength: 8 },
);
const cuts = fc.array(fc.nat(4000), { maxLength: 12 });

Deno.test("Framer gives the same packets however the bytes are cut", () => {
  fc.assert(fc.property(packets, cuts, (sent, cut) => {
    const got: Uint8Array[] = [];
    const framer = new Framer(1000, (bytes, at, _, end) => got.push(bytes.slice(at, end)) > 0);
    for (const chunk of cutAt(joined(sent), cut)) assert.equal(framer.feed(chunk), true);
    assert.deepEqual(got, sent);
  }));
});

Deno.test("Framer hands a refused packet over again and loses nothing", () => {
  fc.assert(
    fc.property(packets, cuts, fc.array(fc.boolean(), { minLength: 1 }), (sent, cut, says) => {
      const got: Uint8Array[] = [];
      let turn = 0;
      const framer = new Framer(1000, (bytes, at, _, end) => {
        if (says[turn++ % says.length] && turn % 3 !== 0) return false;
        got.push(bytes.slice(at, end));
        return true;
      });
      for (const chunk of cutAt(joined(sent), cut)) {
        for (let ok = framer.feed(chunk); !ok;) ok = framer.resume();
      }
      assert.deepEqual(got, sent);
    }),
  );
});

Deno.test("Framer cuts a PUBLISH beyond the limit and continues after it", () => {
  fc.assert(fc.property(fc.integer({ min: 101, max: 5000 }), cuts, (size, cut) => {
    const before = packet(PING, new Uint8Array(0));
    const large = packet(PUBLISH, new Uint8Array(size).fill(7));
    const after = packet(PUBLISH, new Uint8Array([1, 2, 3]));
    const got: [number, boolean][] = [];
    const framer = new Framer(100, (_, at, __, end, isCut) => got.push([end - at, isCut]) > 0);
    for (const chunk of cutAt(joined([before, large, after]), cut)) framer.feed(chunk);
    assert.deepEqual(got, [[2, false], [100, true], [5, false]]);
    for (const chunk of cutAt(joined([large, after]), cut)) framer.feed(framer.passOver(chunk));
    assert.deepEqual(got.slice(3), [[100, true], [5, false]]);
  }));
});

Deno.test("Framer faults on another packet beyond the limit and on a length of five bytes", () => {
  const framer = () => new Framer(100, () => true);
  assert.throws(() => framer().feed(packet(0x82, new Uint8Array(101))), FrameFault);
  assert.throws(() => framer().feed(new Uint8Array([PUBLISH, 255, 255, 255, 255, 1])), FrameFault);
});

Deno.test("PacketEdge knows where a packet ends, however it is written", () => {
  fc.assert(fc.property(packets, cuts, (sent, cut) => {
    const ends = new Set([0]);
    for (const one of sent) ends.add([...ends].at(-1)! + one.length);
    const edge = new PacketEdge();
    let at = 0;
    for (const piece of cutAt(joined(sent), cut)) {
      edge.add(piece);
      at += piece.length;
      assert.equal(edge.between, ends.has(at));
    }
  }));
});
