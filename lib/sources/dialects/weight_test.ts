import assert from "node:assert/strict";
import fc from "fast-check";
import { weightFault } from "./weight.ts";

const code = (text: string, most = 1_000) => weightFault(text, most)?.code;

Deno.test("weightFault counts values and levels outside of strings", () => {
  const blank = " ".repeat(5_000);
  assert.equal(code(`[${"0,".repeat(998)}0]${blank}`), undefined);
  assert.equal(code(`[${"0,".repeat(999)}0]${blank}`), "too_large");
  assert.equal(code(`["${",[{".repeat(5_000)}"]`), undefined);
  assert.equal(code(JSON.stringify([`",[{`.repeat(5_000)])), undefined);
  assert.equal(code("[".repeat(64) + "]".repeat(64) + blank), undefined);
  assert.equal(code("[".repeat(65) + "]".repeat(65) + blank), "bad_payload");
  assert.equal(code('{"a":['.repeat(33) + blank), "bad_payload");
  assert.equal(code("[".repeat(4_000)), undefined);
});

Deno.test("weightFault lets every document pass that has no more values than are allowed", () => {
  // A list or object within another counts as a value and as what holds values.
  const count = (json: unknown): number =>
    typeof json !== "object" || json === null
      ? 1
      : Object.values(json).reduce<number>((sum, part) => sum + count(part), 2);
  fc.assert(fc.property(fc.jsonValue(), (json) => {
    const text = JSON.stringify(json) + " ".repeat(5_000);
    assert.equal(code(text, count(json)), undefined);
  }));
});
