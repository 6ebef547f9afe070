import assert from "node:assert/strict";
import { RateMeter } from "./rate.ts";

Deno.test("RateMeter gives the mean of the last complete seconds and forgets older ones", () => {
  const rate = new RateMeter(10);
  for (let ms = 0; ms < 10_000; ms += 100) rate.add(5, ms);
  assert.equal(rate.perSecond(10_000), 50);
  assert.equal(rate.perSecond(15_000), 25);
  assert.equal(rate.perSecond(60_000), 0);
});
