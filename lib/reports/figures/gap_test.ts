import assert from "node:assert/strict";
import { gapOf } from "./gap.ts";

Deno.test("readings that come more seldom than buckets are joined, and a silence between them is a gap", () => {
  const every5 = Float64Array.from({ length: 100 }, (_, i) => 300_000 * (i < 50 ? i : i + 20));
  const gap = gapOf(every5, 60_000, null);
  assert.ok(gap > 300_000 && gap < 20 * 300_000, String(gap));
  assert.equal(gapOf(every5, 60_000, 1000), 150_000, "what a person expects counts");
  assert.equal(gapOf(Float64Array.of(0, 1e9), 60_000, null), 150_000, "two say nothing");
});
