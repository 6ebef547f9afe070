import assert from "node:assert/strict";
import { lonelyPoints } from "./chart_columns.ts";
import { addReading, type Buckets, gapMs, runsOf, spansOf, statisticsOf } from "./chart_data.ts";

const buckets = (t: number[], values: number[]): Buckets => ({
  bucketMs: 10,
  t: [...t],
  min: [...values],
  mean: [...values],
  max: [...values],
  n: t.map(() => 1),
});

Deno.test("statisticsOf weighs means by their counts", () => {
  const two = { bucketMs: 10, t: [0, 10], min: [1, 5], mean: [2, 6], max: [3, 9], n: [3, 1] };
  assert.deepEqual(statisticsOf(two), { min: 1, mean: 3, max: 9, count: 4 });
  assert.equal(statisticsOf(buckets([], [])), null);
});

Deno.test("runsOf breaks the line where the gap is too wide", () => {
  assert.deepEqual(runsOf([0, 10, 20, 100, 110, 300], gapMs(10, null)), [[0, 3], [3, 5], [5, 6]]);
  assert.deepEqual(runsOf([0, 10, 20, 100], gapMs(10, 30)), [[0, 4]]);
  assert.deepEqual(runsOf([], 10), []);
});

Deno.test("addReading extends the bucket, appends, takes late readings and drops what left the range", () => {
  const data = buckets([0, 10], [1, 2]);
  addReading(data, 15, 6, 0);
  assert.deepEqual([data.min[1], data.mean[1], data.max[1], data.n[1]], [2, 4, 6, 2]);
  addReading(data, 31, 7, 0);
  addReading(data, 22, 8, 0);
  assert.deepEqual(data.t, [0, 10, 20, 30]);
  assert.deepEqual(data.mean, [1, 4, 8, 7]);
  addReading(data, 32, 7, 15);
  assert.deepEqual(data.t, [10, 20, 30]);
});

Deno.test("spansOf joins equal states, keeps gaps and marks changes within a bucket", () => {
  const data = buckets([0, 10, 20, 30, 100], [0, 0, 1, 1, 0]);
  data.max[3] = 2;
  assert.deepEqual(spansOf(data, 25), [
    { fromMs: 0, toMs: 20, state: 0 },
    { fromMs: 20, toMs: 30, state: 1 },
    { fromMs: 30, toMs: 40, state: null },
    { fromMs: 100, toMs: 110, state: 0 },
  ]);
});

Deno.test("chart: points that no line reaches are found, whatever other series have between", () => {
  assert.deepEqual(lonelyPoints([1, null, 2, 3, null, undefined, 4, undefined, null]), [0, 6]);
  assert.deepEqual(lonelyPoints([1, undefined, 2]), []);
  assert.deepEqual(lonelyPoints([]), []);
});
