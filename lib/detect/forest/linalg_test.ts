import assert from "node:assert/strict";
import { covariance, eigen, quantile, robustSpread } from "./linalg.ts";

const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

Deno.test("eigen takes a symmetric matrix apart so that it can be put together again", () => {
  const n = 6;
  const m = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      m[i * n + j] = m[j * n + i] = Math.sin(3 * i + j) + (i === j ? 2 : 0);
    }
  }
  const { values, vectors } = eigen(m, n);
  for (let k = 1; k < n; k++) assert.ok(values[k - 1] >= values[k]);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0, dot = 0;
      for (let k = 0; k < n; k++) {
        sum += values[k] * vectors[k * n + i] * vectors[k * n + j];
        dot += vectors[i * n + k] * vectors[j * n + k];
      }
      near(sum, m[i * n + j]);
      near(dot, i === j ? 1 : 0);
    }
  }
});

Deno.test("covariance is that of the sample", () => {
  const c = covariance(Float64Array.of(1, 2, 2, 4, 3, 9), 3, 2);
  near(c[0], 1);
  near(c[1], 3.5);
  near(c[2], 3.5);
  near(c[3], 13);
});

Deno.test("robustSpread is not moved far by wild values", () => {
  const values = Float64Array.from({ length: 101 }, (_, i) => i % 10);
  values[50] = 1e9;
  const { centre, scale } = robustSpread(values);
  assert.ok(centre >= 4 && centre <= 5);
  assert.ok(scale < 15);
  assert.deepEqual(robustSpread(Float64Array.of(3, 3, 3)), { centre: 3, scale: 0 });
});

Deno.test("quantile interpolates", () => {
  near(quantile(Float64Array.of(0, 10), 0.25), 2.5);
  near(quantile(Float64Array.of(7), 0.9), 7);
});
