import assert from "node:assert/strict";
import { StateError } from "../bytes.ts";
import { IsolationForest, meanPath, randomFrom } from "./isolation.ts";

function cloud(rows: number, columns: number, seed: number): Float64Array {
  const random = randomFrom(seed);
  return Float64Array.from({ length: rows * columns }, () => random() + random() + random() - 1.5);
}

Deno.test("IsolationForest scores a far row above every usual one", () => {
  const data = cloud(1000, 5, 1);
  const forest = IsolationForest.fit(data, 1000, 5);
  const usual = forest.score(data, 1000);
  const [far] = forest.score(Float64Array.of(9, 9, 9, 9, 9), 1);
  assert.ok(far > Math.max(...usual));
  assert.ok(far > 0.7 && far <= 1);
  const mean = usual.reduce((a, b) => a + b) / 1000;
  assert.ok(mean > 0.35 && mean < 0.5, String(mean));
});

Deno.test("IsolationForest is the same for the same seed and another for another", () => {
  const data = cloud(500, 4, 2);
  const score = (seed: number) => IsolationForest.fit(data, 500, 4, { seed }).score(data, 500);
  assert.deepEqual(score(7), score(7));
  assert.notDeepEqual(score(7), score(8));
});

Deno.test("IsolationForest survives constant columns, equal rows and tiny tables", () => {
  const flat = new Float64Array(300 * 3).fill(2);
  const scores = IsolationForest.fit(flat, 300, 3).score(flat, 300);
  assert.ok(scores.every((s) => s === scores[0] && s > 0 && s < 1));
  const two = Float64Array.of(1, 2);
  assert.ok(IsolationForest.fit(two, 2, 1).score(two, 2).every((s) => s > 0 && s <= 1));
  assert.throws(() => IsolationForest.fit(two, 1, 2), /at least two rows/);
});

Deno.test("IsolationForest splits neighbours that differ in the last bit", () => {
  const data = Float64Array.from({ length: 64 }, (_, i) => i % 2 ? 1 : 1 + Number.EPSILON);
  assert.ok(IsolationForest.fit(data, 64, 1).score(data, 64).every((s) => s > 0 && s < 1));
});

Deno.test("IsolationForest takes rows with numbers that are not finite", () => {
  const data = cloud(300, 3, 3);
  const forest = IsolationForest.fit(data, 300, 3);
  const scores = forest.score(Float64Array.of(NaN, Infinity, -Infinity), 1);
  assert.ok(scores[0] > 0 && scores[0] <= 1);
});

Deno.test("IsolationForest is the same after save and load, and damage is refused", () => {
  const data = cloud(400, 6, 4);
  const forest = IsolationForest.fit(data, 400, 6);
  const bytes = forest.save();
  const loaded = IsolationForest.load(bytes);
  assert.deepEqual(loaded.score(data, 400), forest.score(data, 400));
  assert.deepEqual(loaded.save(), bytes);
  assert.throws(() => IsolationForest.load(bytes.slice(0, -1)), StateError);
  const loop = bytes.slice();
  loop.fill(0, bytes.length - 4 * forest.left.length);
  assert.throws(() => IsolationForest.load(loop), StateError);
});

Deno.test("meanPath is that of the paper", () => {
  assert.equal(meanPath(1), 0);
  assert.equal(meanPath(2), 1);
  assert.ok(Math.abs(meanPath(256) - 10.244770920) < 1e-6);
});
