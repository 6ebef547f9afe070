import assert from "node:assert/strict";
import { rangeOf } from "./byte_range.ts";

Deno.test("rangeOf gives one range, all of the file for what it does not know, and nothing beyond its end", () => {
  const file = { bytes: 100, etag: '"a"' };
  const of = (range: string, more: Record<string, string> = {}) =>
    rangeOf(new Headers({ range, ...more }), file);
  assert.deepEqual(of("bytes=0-9"), { from: 0, to: 9 });
  assert.deepEqual(of("bytes=90-"), { from: 90, to: 99 });
  assert.deepEqual(of("Bytes=90-1000"), { from: 90, to: 99 });
  assert.deepEqual(of("bytes=-10"), { from: 90, to: 99 });
  assert.deepEqual(of("bytes=-1000"), { from: 0, to: 99 });
  assert.deepEqual(of("bytes=5-5", { "if-range": '"a"' }), { from: 5, to: 5 });
  for (const none of ["bytes=100-", "bytes=100-200", "bytes=-0"]) {
    assert.equal(of(none), "none", none);
  }
  for (const all of ["bytes=-", "bytes=9-1", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b", ""]) {
    assert.equal(of(all), null, all);
  }
  assert.equal(of("bytes=5-5", { "if-range": '"b"' }), null, "it is another file meanwhile");
  assert.equal(rangeOf(new Headers(), file), null);
});
