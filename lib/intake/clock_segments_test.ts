import assert from "node:assert/strict";
import fc from "fast-check";
import { corrections, look, type Segment } from "./clock_segments.ts";

Deno.test("a clock that is set once: all that was given before moves by the step", () => {
  const segments: Segment[] = [];
  for (let s = 0; s < 10; s++) look(segments, 1_000_000 + s * 1_000, s * 1_000);
  look(segments, 9_000_000 + 10_000, 10_000);
  assert.equal(segments.length, 2);
  assert.deepEqual(corrections(segments, 9_000_000), [
    { fromMs: 1_000_000, toMs: 1_010_001, byMs: 8_000_000 },
  ]);
  assert.deepEqual(corrections(segments.slice(1), 9_000_400), [], "less than a second is no step");
});

Deno.test("whatever the clock does, each time that it gave moves to the right one", () => {
  const step = fc.integer({ min: 600, max: 1_000_000 });
  fc.assert(fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
    const segments: Segment[] = [];
    const given: { tMs: number; monotonicMs: number }[] = [];
    let [offsetMs, monotonicMs] = [1_000_000, 0];
    for (const byMs of [0, ...steps]) {
      offsetMs += byMs;
      for (let n = 0; n < 3; n++) {
        look(segments, offsetMs + monotonicMs, monotonicMs);
        given.push({ tMs: offsetMs + monotonicMs, monotonicMs });
        monotonicMs += 1_000;
      }
    }
    const rightMs = offsetMs + 5_000_000;
    const todo = corrections(segments, rightMs);
    for (const { tMs, monotonicMs } of given) {
      const by = todo.filter(({ fromMs, toMs }) => tMs >= fromMs && tMs < toMs);
      assert.equal(by.length, 1);
      assert.equal(tMs + by[0].byMs, rightMs + monotonicMs);
    }
  }));
});
