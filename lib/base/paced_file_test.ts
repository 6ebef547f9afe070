import assert from "node:assert/strict";
import { nextBit } from "./paced_file.ts";

const MB = 1024 * 1024;

/** What the bits become on a disk that writes so many megabytes a second, and takes `fsyncMs` for an fsync. */
function settled(megabytesPerS: number, fsyncMs: number): number {
  let bytes = 4 * MB;
  for (let i = 0; i < 20; i++) bytes = nextBit(bytes, fsyncMs + bytes / (megabytesPerS * 1e3));
  return bytes;
}

Deno.test("what is written before the next fsync is what the disk takes in a moment", () => {
  assert.equal(settled(500, 1), 4 * MB, "a fast disk");
  assert.equal(settled(10, 5), MB / 4, "a card");
  assert.equal(settled(40, 5), MB, "between");
  assert.equal(settled(1, 50), MB / 4, "no disk is written to by the byte");
});
