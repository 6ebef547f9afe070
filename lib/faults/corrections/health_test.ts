import assert from "node:assert/strict";
import { type Health, judgeHealth, type Rates, ratesOf } from "./health.ts";

const rates = (messages: number, faults: number, readings: number, ms = 60_000): Rates => ({
  messages,
  faults,
  readings,
  ms,
});
const say = (given: Partial<Health>) =>
  judgeHealth({ before: null, after: rates(0, 0, 0), paused: false, windowMs: 60_000, ...given })
    .say;

Deno.test("judgeHealth: worse is taken back at once, well is kept when the window is over", () => {
  const cases: [string, Partial<Health>, string][] = [
    ["paused again", { paused: true, after: rates(0, 0, 0, 1) }, "worse"],
    ["every message fails", { after: rates(5, 5, 0, 2_000) }, "worse"],
    ["one failed, which is few", { after: rates(1, 1, 0, 2_000) }, "wait"],
    [
      "more fail than before",
      { before: rates(100, 2, 98), after: rates(20, 4, 16, 5_000) },
      "worse",
    ],
    ["as many fail as before", { before: rates(100, 10, 90), after: rates(20, 2, 18) }, "kept"],
    [
      "less readings come out",
      { before: rates(100, 2, 98), after: rates(20, 0, 3, 5_000) },
      "worse",
    ],
    [
      "nothing came out before either",
      { before: rates(10, 10, 0), after: rates(20, 0, 20) },
      "kept",
    ],
    ["within the window", { after: rates(20, 0, 20, 30_000) }, "wait"],
    ["its window is over", { after: rates(20, 0, 20) }, "kept"],
    ["no message came", { after: rates(0, 0, 0) }, "wait"],
    ["no message came for long", { after: rates(0, 0, 0, 15 * 60_000) }, "kept"],
  ];
  for (const [name, given, expected] of cases) assert.equal(say(given), expected, name);
});

Deno.test("ratesOf: a count that began anew counts from zero", () => {
  const count = (n: number) => ({ messages: n, faults: n, readings: n });
  assert.deepEqual(ratesOf(count(100), count(130), 1), rates(30, 30, 30, 1));
  assert.deepEqual(ratesOf(count(100), count(4), 1), rates(4, 4, 4, 1));
  assert.equal(ratesOf(null, count(4), 1), null);
});
