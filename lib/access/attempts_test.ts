import assert from "node:assert/strict";
import { judge, WINDOW_MS } from "./attempts.ts";

const NOW = 1_000_000_000;

Deno.test("judge: waits until the oldest of the last five falls out of the window", () => {
  assert.equal(judge([], NOW, 5).waitMs, 0);
  const four = [NOW - 4000, NOW - 3000, NOW - 2000, NOW - 1000];
  assert.equal(judge(four, NOW, 5).waitMs, 0);
  assert.equal(judge([...four, NOW], NOW, 5).waitMs, WINDOW_MS - 4000);
  assert.equal(judge([NOW - WINDOW_MS, ...four], NOW, 5).waitMs, 0);
});

Deno.test("judge: a clock set back makes the wait one window at most", () => {
  const future = Array(5).fill(NOW + 30 * WINDOW_MS);
  const { waitMs, recent } = judge(future, NOW, 5);
  assert.equal(waitMs, WINDOW_MS);
  assert.deepEqual(recent, Array(5).fill(NOW));
});
