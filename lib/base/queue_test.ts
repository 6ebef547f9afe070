import assert from "node:assert/strict";
import { BoundedQueue } from "./queue.ts";

Deno.test("BoundedQueue keeps order, refuses beyond its limits and counts bytes", () => {
  const queue = new BoundedQueue<string>({ items: 3, bytes: 10 }, (s) => s.length);
  assert.equal(queue.push("x".repeat(50)), true, "an empty queue takes an item of any size");
  assert.equal(queue.push("a"), false);
  assert.equal(queue.shift(), "x".repeat(50));
  assert.deepEqual(["a", "b", "c", "d"].map((s) => queue.push(s)), [true, true, true, false]);
  assert.equal(queue.bytes, 3);
  assert.deepEqual([queue.shift(), queue.shift(), queue.shift(), queue.shift()], [
    "a",
    "b",
    "c",
    undefined,
  ]);
});

Deno.test("BoundedQueue does not hold on to what was taken out", () => {
  const queue = new BoundedQueue<number>({ items: 10_000 });
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 5_000; i++) queue.push(i);
    for (let i = 0; i < 5_000; i++) assert.equal(queue.shift(), i);
  }
  assert.equal(queue.length, 0);
});
