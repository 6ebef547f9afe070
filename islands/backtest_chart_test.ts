import assert from "node:assert/strict";
import { ticksOf } from "./backtest_chart.tsx";

Deno.test("backtest chart: its axis has about five round values within the plot", () => {
  assert.deepEqual(ticksOf(58.1, 93.9), [60, 70, 80, 90]);
  assert.deepEqual(ticksOf(-0.031, 0.031), [-0.02, 0, 0.02]);
  assert.deepEqual(ticksOf(0.1, 0.4), [0.1, 0.2, 0.3, 0.4]);
  assert.deepEqual(ticksOf(5, 5), []);
  assert.deepEqual(ticksOf(Infinity, -Infinity), []);
});
