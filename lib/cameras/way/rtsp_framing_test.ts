import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesOf, createFraming, NoRtsp, valueOf, withHeader } from "./rtsp_framing.ts";

const text = (words: string) => Uint8Array.from(words, (letter) => letter.charCodeAt(0));
const words = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const packet = (fill: number, length: number) =>
  Uint8Array.from([0x24, 0, length >> 8, length & 255, ...new Uint8Array(length).fill(fill)]);
const stream = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** What the pieces say, in order, however they were cut. */
function read(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const split = createFraming();
  const said: string[] = [];
  let packets = "";
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    for (const piece of split(bytes.slice(at, cut))) {
      if (piece.kind === "message") {
        said.push(packets, words(bytesOf(piece.message)));
        packets = "";
      } else packets += words(piece.bytes);
    }
    at = Math.max(at, cut);
  }
  return [...said, packets].filter((part) => part !== "");
}

Deno.test("createFraming gives messages and packets in order, however they were cut", () => {
  const options = "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n";
  const describe = "RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 9\r\n\r\n$\r\n\r\nv=0\r";
  const packets = [packet(0x24, 5), packet(10, 300), packet(0, 0)];
  const bytes = stream(text(options), text(describe), ...packets, text(options), packet(1, 2));
  const wanted = [options, describe, words(stream(...packets)), options, words(packet(1, 2))];
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (cuts) => {
      assert.deepEqual(read(bytes, cuts.sort((a, b) => a - b)), wanted);
    }),
    { numRuns: 200 },
  );
});

Deno.test("createFraming says where a packet ends, so that nothing is put into it", () => {
  const split = createFraming();
  const whole = (bytes: Uint8Array) =>
    split(bytes).map((piece) => piece.kind === "packets" && piece.whole);
  const bytes = packet(7, 10);
  assert.deepEqual(whole(bytes.slice(0, 3)), []);
  assert.deepEqual(whole(bytes.slice(3, 8)), [false]);
  assert.deepEqual(whole(bytes.slice(8)), [true]);
});

Deno.test("createFraming takes lines without CR and empty lines between messages", () => {
  const [first] = createFraming()(text("\r\n\nRTSP/1.0 200 OK\nCSeq:3\nA: b: c\n\n"));
  assert.ok(first.kind === "message");
  assert.deepEqual(first.message.headers, [["CSeq", "3"], ["A", "b: c"]]);
});

Deno.test("createFraming refuses what is no RTSP before much of it has come", () => {
  for (
    const wrong of [
      "HTTP/1.1 400 Bad\r\n\r\n",
      "<html>",
      "....",
      "\0\0",
      "220 ftp ready\r\n",
      "RTSP/1.0 200 OK\r\nContent-Length: 1e9\r\n\r\n",
      "RTSP/1.0 200 OK\r\nContent-Length: 999999999\r\n\r\n",
      "RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
      `RTSP/1.0 200 OK\r\nA: ${"x".repeat(20_000)}`,
    ]
  ) assert.throws(() => createFraming()(text(wrong)), NoRtsp, wrong.slice(0, 60));
});

Deno.test("createFraming: whatever a camera sends ends in pieces or in NoRtsp, and little is kept", () => {
  const likely = fc.constantFrom(
    "$",
    "\0\0\x03",
    "RTSP/1.0 200 OK",
    "\r\n",
    "\n",
    "A: b",
    ":",
    "x",
  );
  const length = fc.integer({ min: -1, max: 70_000 }).map((n) => `Content-Length: ${n}\r\n`);
  const wire = fc.array(fc.oneof(likely, length, fc.string({ maxLength: 9 })), { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(wire, { maxLength: 5 }), (chunks) => {
      const split = createFraming();
      try {
        for (const chunk of chunks) split(text(chunk.join("")));
      } catch (error) {
        assert.ok(error instanceof NoRtsp, `${error}`);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("headers are read and changed whatever their case, the others stay", () => {
  const headers: [string, string][] = [["cseq", "1"], ["A", "b"], ["CSEQ", "2"]];
  assert.equal(valueOf(headers, "cseq"), "1, 2");
  assert.equal(valueOf(headers, "none"), null);
  assert.deepEqual(withHeader(headers, "CSeq", null), [["A", "b"]]);
  assert.deepEqual(withHeader([["a", "1"]], "CSeq", "3"), [["a", "1"], ["CSeq", "3"]]);
  assert.deepEqual(withHeader([["cSeq", "1"]], "CSeq", "3"), [["cSeq", "3"]]);
});
