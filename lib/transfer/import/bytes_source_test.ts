import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { withFile } from "../../../tests/support/import_reading.ts";
import {
  BEGINNING,
  cursorOf,
  headOf,
  type Place,
  placeOf,
  type Stretch,
  stretchesOf,
  type StretchRules,
} from "./bytes_source.ts";

const never = new AbortController().signal;
/** A text is open while its quotes are odd. */
const isOpen = (line: Uint8Array, wasOpen: boolean) =>
  line.filter((byte) => byte === 0x22).length % 2 === 1 ? !wasOpen : wasOpen;

async function stretched(
  bytes: Uint8Array,
  rules: StretchRules = {},
  from: Place = BEGINNING,
): Promise<Stretch[]> {
  return await withFile(
    bytes,
    (source) => Array.fromAsync(stretchesOf(source, from, never, rules)),
  );
}

const textOf = (stretches: Stretch[]) =>
  stretches.map(({ bytes }) => new TextDecoder().decode(bytes));
const encode = (text: string) => new TextEncoder().encode(text);
const lines = (n: number) =>
  Array.from({ length: n }, (_, i) => `line ${i + 1} ${"x".repeat(i % 90)}\n`).join("");

Deno.test("a file comes in stretches of whole lines, and continues from each", async () => {
  const text = lines(20_000) + "the last one without its end";
  const all = await stretched(encode(text), { bytes: 100_000 });
  assert.equal(textOf(all).join(""), text);
  assert.ok(all.length > 5);
  assert.deepEqual(all.at(-1)!.next, { byte: text.length, line: 20_002 });
  const third = all[2];
  assert.ok(textOf([third])[0].startsWith(`line ${third.from.line} `));
  const rest = await stretched(encode(text), { bytes: 100_000 }, placeOf(cursorOf(third.from)));
  assert.deepEqual(
    rest.map(({ bytes, from, next }) => ({ bytes, from, next })),
    all.slice(2).map(({ bytes, from, next }) => ({ bytes, from, next })),
  );
});

Deno.test("gzip of several members and UTF-16 are read like the text in them", async () => {
  const text = lines(9_000);
  const packed = Buffer.concat([gzipSync(text.slice(0, 5000)), gzipSync(text.slice(5000))]);
  const plain = await stretched(encode(text), { bytes: 50_000 });
  const one = plain[1].from;
  for (const from of [BEGINNING, one]) {
    const expected = plain.slice(from === one ? 1 : 0).map(({ bytes, next }) => ({ bytes, next }));
    const unpacked = await stretched(packed, { bytes: 50_000 }, from);
    assert.deepEqual(unpacked.map(({ bytes, next }) => ({ bytes, next })), expected);
  }
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("Kessel °C;1\n", "utf16le")]);
  assert.deepEqual(textOf(await stretched(utf16)), ["Kessel °C;1\n"]);
});

Deno.test("a line of 5 MB is left out with its number, those around it are not", async () => {
  const long = Buffer.concat([
    Buffer.from("first\n"),
    Buffer.alloc(5e6, "y"),
    Buffer.from("\nthird\n"),
    Buffer.alloc(5e6, "z"),
  ]);
  const all = await stretched(long);
  assert.deepEqual(all.map(({ bytes, rejected }) => rejected ?? new TextDecoder().decode(bytes)), [
    "first\n",
    { line: 2, reason: "the line has more than 1 MB" },
    "third\n",
    { line: 4, reason: "the line has more than 1 MB" },
  ]);
});

Deno.test("line ends in quotes belong to a text; a quote that nobody closes costs its line", async () => {
  const good = '1,"two\nlines"\n2,x\n';
  assert.deepEqual(textOf(await stretched(encode(good), { isOpen, bytes: 3 })), [
    '1,"two\nlines"\n',
    "2,x\n",
  ]);
  for (const rest of [lines(30), ""]) {
    const all = await stretched(encode(`0\n1,"never\n${rest}`), { isOpen, lineBytesMost: 500 });
    assert.deepEqual(all[1].rejected, { line: 2, reason: "a text in quotes is never closed" });
    assert.equal(textOf(all).join(""), `0\n${rest}`);
  }
});

Deno.test("a gzip file that breaks off is read up to there and named", async () => {
  const noise = Array.from({ length: 3000 }, (_, i) => `${Math.sin(i)}\n`).join("");
  const packed = gzipSync(noise);
  const cut = packed.subarray(0, 20_000);
  await assert.rejects(stretched(cut), /breaks off: its end is missing/);
  await withFile(cut, async (source) => {
    const stretches = stretchesOf(source, BEGINNING, never);
    const { value } = await stretches.next();
    // Whole lines alone.
    assert.ok(
      value!.bytes.length > 10_000 && noise.startsWith(new TextDecoder().decode(value!.bytes)),
    );
    assert.equal(value!.bytes.at(-1), 10);
  });
  packed[20_000] ^= 255;
  await assert.rejects(stretched(packed), /gzip file is damaged/);
  await assert.rejects(stretched(encode("PK\u0003\u0004zip")), /packed with zip: unpack it first/);
});

Deno.test("a gzip bomb is refused by its ratio, and its beginning can be looked at", async () => {
  const bytes = gzipSync(Buffer.alloc(280e6));
  await withFile(bytes, async (source) => {
    assert.equal((await headOf(source)).length, 65_536);
    await assert.rejects(
      Array.fromAsync(stretchesOf(source, BEGINNING, never)),
      /more than 300 times its size/,
    );
  });
});
