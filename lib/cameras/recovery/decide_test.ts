import assert from "node:assert/strict";
import fc from "fast-check";
import { CAMERA_STATES } from "../../words/cameras.ts";
import { LAST_RESORT_MS, nextTry, type TryFacts } from "./decide.ts";

const FAULTS = [
  "ended",
  "stalled",
  "too_much",
  "program",
  "missing",
  "unreachable",
  "not_allowed",
  "sign_in",
  "no_picture",
] as const;
const FACTS: TryFacts = {
  failures: 1,
  state: "lost",
  fault: "unreachable",
  tookMs: 0,
  nowMs: 0,
  lastResortMs: null,
};

Deno.test("the power is cut for a lost camera alone, after ten failures, and at most once in 6 hours", () => {
  const step = fc.record({
    failures: fc.integer({ min: 1, max: 40 }),
    state: fc.constantFrom(...CAMERA_STATES),
    fault: fc.constantFrom(...FAULTS),
    afterMs: fc.integer({ min: 0, max: 3_600_000 }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    let [nowMs, lastResortMs]: [number, number | null] = [1e12, null];
    for (const { afterMs, ...facts } of steps) {
      nowMs += afterMs;
      const { level } = nextTry({ ...FACTS, ...facts, nowMs, lastResortMs }, 0.5);
      if (level !== 3) continue;
      assert.ok(facts.failures >= 10 && facts.state === "lost");
      assert.ok(!["program", "not_allowed", "sign_in"].includes(facts.fault));
      assert.ok(lastResortMs === null || nowMs - lastResortMs >= LAST_RESORT_MS);
      lastResortMs = nowMs;
    }
  }));
});

Deno.test("tries begin 45 s apart at most and never at once, so a source that is back is found within a minute", () => {
  const facts = fc.record({
    failures: fc.integer({ min: 1, max: 1000 }),
    fault: fc.constantFrom(...FAULTS),
    tookMs: fc.integer({ min: 0, max: 60_000 }),
  });
  fc.assert(fc.property(facts, fc.double({ min: 0, max: 1, noNaN: true }), (facts, random) => {
    const { waitMs } = nextTry({ ...FACTS, ...facts }, random);
    assert.ok(waitMs >= 500 && (waitMs === 500 || waitMs + facts.tookMs <= 45_000));
  }));
});

Deno.test("the waits grow, and the device is opened anew after five failures or when it is gone", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7].map((n) => nextTry({ ...FACTS, failures: n }, 1).waitMs);
  assert.deepEqual(waits, [750, 1_500, 3_750, 7_500, 22_500, 45_000, 45_000]);
  const levels = [1, 4, 5, 9, 10].map((n) => nextTry({ ...FACTS, failures: n }, 1).level);
  assert.deepEqual(levels, [1, 1, 2, 2, 3]);
  assert.equal(nextTry({ ...FACTS, fault: "missing" }, 1).level, 2);
});
