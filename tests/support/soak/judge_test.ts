import assert from "node:assert/strict";
import { growth, perMinute } from "./judge.ts";

Deno.test("perMinute is the slope, whatever the level and however noisy", () => {
  const looks = Array.from({ length: 18 }, (_, i) => ({
    atMs: 1e12 + i * 60_000,
    value: 200 + 1.5 * i + (i % 3 - 1) * 2,
  }));
  assert.ok(Math.abs(perMinute(looks) - 1.5) < 0.1, String(perMinute(looks)));
  assert.equal(perMinute([{ atMs: 0, value: 3 }, { atMs: 30_000, value: 3 }]), 0);
  assert.equal(perMinute([{ atMs: 0, value: 3 }, { atMs: 30_000, value: 2 }]), -2);
});

Deno.test("growth compares the last third with the first, and one look is nothing", () => {
  assert.equal(growth([5, 5, 90, 5, 5, 5, 5, 80, 5]), 0);
  assert.equal(growth([1, 2, 3, 4, 5, 6, 7, 8, 9]), 6);
  assert.equal(growth([4, 6]), 2);
});
