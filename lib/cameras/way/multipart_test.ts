import assert from "node:assert/strict";
import fc from "fast-check";
import { createParts, MOST_BYTES } from "./multipart.ts";

const TYPE = "multipart/x-mixed-replace; boundary=camera";
/** What is no JPEG but looks like one from outside; `fill` makes it another picture. */
const picture = (fill: number, length = 300) => {
  const bytes = new Uint8Array(length).fill(fill);
  bytes.set([0xff, 0xd8]);
  bytes.set([0xff, 0xd9], length - 2);
  return bytes;
};
const text = (words: string) => Uint8Array.from(words, (letter) => letter.charCodeAt(0));
const part = (
  bytes: Uint8Array,
  { length = bytes.length as number | null, line = "--camera" } = {},
) =>
  Uint8Array.from([
    ...text(`${line}\r\nContent-Type: image/jpeg\r\n`),
    ...text(length === null ? "\r\n" : `Content-Length: ${length}\r\n\r\n`),
    ...bytes,
    ...text("\r\n"),
  ]);
const stream = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((one) => [...one]));

function found(type: string, bytes: Uint8Array, step: number): number[] {
  const split = createParts(type);
  const fills: number[] = [];
  for (let at = 0; at < bytes.length; at += step) {
    for (const one of split(bytes.subarray(at, at + step))) fills.push(one[10]);
  }
  return fills;
}

Deno.test("createParts finds every picture, however the bytes are cut and the boundary is written", () => {
  const bytes = stream(part(picture(1)), part(picture(2)), part(picture(3)));
  for (const step of [1, 7, 100, 5000]) assert.deepEqual(found(TYPE, bytes, step), [1, 2, 3]);
  for (const type of ['a/b; boundary="camera"', "a/b;boundary=--camera", "a/b"]) {
    assert.deepEqual(found(type, bytes, 13), [1, 2, 3], type);
  }
});

Deno.test("createParts gives a picture when it is whole, without waiting for the next", () => {
  assert.equal(createParts(TYPE)(part(picture(1))).length, 1);
});

Deno.test("createParts: a wrong length, none, and a picture that was cut off cost no other", () => {
  const bytes = stream(
    part(picture(1), { length: 200 }),
    part(picture(2), { length: null }),
    part(picture(3).slice(0, 100), { length: 300 }),
    part(picture(4), { length: 999_999_999 }),
    part(picture(5)),
  );
  for (const step of [1, 64, 5000]) assert.deepEqual(found(TYPE, bytes, step), [1, 2, 4, 5]);
});

Deno.test("createParts says so after 16 MB without a picture, and needs little for it", () => {
  const part = new Uint8Array(65_536).fill(0x2e);
  for (const before of ["", "--camera\r\n\r\n"]) {
    const split = createParts(TYPE);
    let sent = 0;
    split(text(before));
    assert.throws(() => {
      for (; sent < 2 * MOST_BYTES; sent += part.length) split(part);
    }, { name: "FeedError", message: /16 MB without a picture/ });
    assert.ok(sent < MOST_BYTES + 2 * part.length);
  }
});

Deno.test("createParts: whatever comes ends in pictures or in none, and each picture is one", () => {
  const likely = fc.constantFrom("--camera", "\r\n", "\n", "\xff\xd8", "\xff\xd9", "x");
  const length = fc.nat(40).map((n) => `Content-Length: ${n}\r\n`);
  const wire = fc.array(fc.oneof(likely, length), { maxLength: 40 });
  fc.assert(
    fc.property(fc.array(wire, { maxLength: 5 }), (chunks) => {
      const split = createParts(TYPE);
      const found = chunks.flatMap((chunk) => split(text(chunk.join(""))));
      for (const one of found) {
        assert.deepEqual([...one.slice(0, 2), ...one.slice(-2)], [0xff, 0xd8, 0xff, 0xd9]);
      }
    }),
    { numRuns: 300 },
  );
});
