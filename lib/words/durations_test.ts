import assert from "node:assert/strict";
import fc from "fast-check";
import { durationOfText, durationText, notDuration } from "./durations.ts";

Deno.test("durationOfText: a number with its unit, several of them, and no bare number", () => {
  for (
    const [text, ms] of [
      ["30 s", 30_000],
      ["5min", 300_000],
      ["1 h 30 min", 5_400_000],
      ["1,5 h", 5_400_000],
      ["2 Days", 172_800_000],
      ["250 ms", 250],
      ["0", 0],
      ["5", null],
      ["", null],
      ["-5 s", null],
      ["5 parsecs", null],
      ["s", null],
      ["5 s later", null],
    ] as const
  ) {
    assert.equal(durationOfText(text), ms, text);
  }
  assert.match(notDuration("5000"), /"5000" has no unit/);
});

Deno.test("durationText: what it shows is read back to the millisecond", () => {
  assert.deepEqual(
    [0, 250, 1000, 90_000, 150_000, 5_400_000, 129_600_000, 61_234].map(durationText),
    ["0 s", "250 ms", "1 s", "1.5 min", "2.5 min", "1.5 h", "1.5 d", "61.234 s"],
  );
  fc.assert(fc.property(fc.integer({ min: 0, max: 1e11 }), (ms) => {
    assert.equal(durationOfText(durationText(ms)), ms);
  }));
});
