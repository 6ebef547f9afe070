import assert from "node:assert/strict";
import fc from "fast-check";
import { CAMERA_STATES } from "../../words/cameras.ts";
import { scoreOf } from "./score.ts";

const GOOD = {
  state: "live",
  frameAgeMs: 200,
  fps: 5,
  fpsWanted: 5,
  reconnectsPerHour: 0,
} as const;

Deno.test("the score is 100 less its terms, whatever the camera does, and never below 0", () => {
  const facts = fc.record({
    state: fc.constantFrom(...CAMERA_STATES),
    frameAgeMs: fc.option(fc.integer({ min: 0, max: 1e9 })),
    fps: fc.double({ min: 0, max: 60, noNaN: true }),
    fpsWanted: fc.oneof(fc.constant(0), fc.double({ min: 0.2, max: 30, noNaN: true })),
    reconnectsPerHour: fc.integer({ min: 0, max: 10_000 }),
  });
  fc.assert(fc.property(facts, (one) => {
    const { score, terms } = scoreOf(one);
    const lost = terms.reduce((sum, { points }) => sum + points, 0);
    assert.equal(score, Math.max(0, 100 - lost));
    for (const { points } of terms) assert.ok(points > 0 && points <= 100);
    assert.equal(new Set(terms.map(({ name }) => name)).size, terms.length);
  }));
});

Deno.test("a good camera has 100, a lost one 0, and each term says why", () => {
  assert.deepEqual(scoreOf(GOOD), { score: 100, terms: [] });
  assert.equal(scoreOf({ ...GOOD, state: "lost", frameAgeMs: 60_000, fps: 0 }).score, 0);
  assert.equal(scoreOf({ ...GOOD, state: "starting", frameAgeMs: null }).score, 100);
  const { score, terms } = scoreOf({ ...GOOD, state: "frozen", fps: 2, reconnectsPerHour: 3 });
  assert.equal(score, 24);
  assert.deepEqual(terms.map(({ text }) => text), [
    "the picture does not change",
    "2 pictures a second come instead of 5",
    "it was started anew 3 times in the last hour",
  ]);
});
