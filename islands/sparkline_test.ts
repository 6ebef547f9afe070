import assert from "node:assert/strict";
import { extended, pathOf, sparkOf, valuesOf } from "./sparkline.tsx";

Deno.test("sparkOf scales to 0…99 and keeps gaps; a quiet signal stays quiet", () => {
  const spark = sparkOf([10, NaN, 20], 1000, 7)!;
  assert.deepEqual(spark.points, [0, -1, 99]);
  assert.deepEqual(valuesOf(spark), [10, NaN, 20]);
  const quiet = sparkOf([100, 100.01], 1000, 7)!;
  assert.ok(quiet.points.every((point) => point > 40 && point < 60));
  assert.equal(sparkOf([NaN], 1000, 7), null);
});

Deno.test("extended moves the window, merges within a step and rescales", () => {
  const spark = sparkOf([10, 15, 20], 1000, 7)!;
  const next = valuesOf(extended(spark, 8_500, 30)).map(Math.round);
  assert.deepEqual(next, [15, 20, 30]);
  const far = extended(spark, 9_000, 40);
  assert.deepEqual([valuesOf(far).map(Math.round), far.newest], [[20, NaN, 40], 9]);
  assert.deepEqual(valuesOf(extended(spark, 7_100, 30)).map(Math.round), [10, 15, 25]);
  assert.equal(extended(spark, 1_000, 5), spark);
});

Deno.test("pathOf draws lines, leaves gaps open and shows a lone point", () => {
  assert.equal(pathOf([99, 50, -1, 0]), "M0 0h.1L0 0 2 49M6 99h.1L6 99");
});
