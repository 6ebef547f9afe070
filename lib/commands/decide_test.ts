import assert from "node:assert/strict";
import fc from "fast-check";
import { decideRule, FRESH, type Look, periodAt, type RuleState } from "./decide.ts";
import { commandRuleShape, type RuleSpec } from "./rule.ts";

const BERLIN = "Europe/Berlin";
const START = Date.UTC(2026, 0, 5, 12);
const spec = (given: Partial<RuleSpec>): RuleSpec =>
  commandRuleShape.parse({
    ...{ name: "r", target: "t", value: true, when: { is: "on", sensor: "s" }, every_s: 1 },
    ...given,
  });
const look = (nowMs: number, holds: boolean | null, more: Partial<Look> = {}): Look => ({
  ...{ nowMs, monoMs: nowMs, zone: BERLIN, holds, clockDoubted: false },
  ...more,
});

/** Times at which it fires; what time alone changes is looked at when `decideRule` says. */
function run(rule: RuleSpec, steps: readonly [number, boolean | null][], before = FRESH) {
  let state: RuleState = before;
  let againMs: number | null = null;
  let held: boolean | null = null;
  const fired: number[] = [];
  const one = (nowMs: number) => {
    const decided = decideRule(rule, state, look(nowMs, held));
    state = decided.state;
    againMs = decided.againMs;
    if (decided.fire) fired.push(nowMs);
  };
  for (const [nowMs, holds] of steps) {
    while (againMs !== null && againMs < nowMs) one(againMs);
    held = holds;
    one(nowMs);
  }
  return { fired, state };
}

const stepsOf = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 400_000 }), fc.constantFrom(true, false, null)),
  { maxLength: 60 },
).map((steps) => {
  let nowMs = START;
  return steps.map(([waitMs, holds]): [number, boolean | null] => [nowMs += waitMs, holds]);
});

Deno.test("decideRule: fires when it becomes true, once, and again after it has been untrue", () => {
  const s = (n: number) => START + n * 1000;
  const { fired } = run(spec({}), [
    [s(0), false],
    [s(10), true],
    [s(20), true],
    [s(30), false],
    [s(40), true],
    // Nobody knows: neither over nor begun.
    [s(50), null],
    [s(60), true],
  ]);
  assert.deepEqual(fired, [s(10), s(40)]);
});

Deno.test("decideRule: `for` counts without a break, and time alone completes it", () => {
  const s = (n: number) => START + n * 1000;
  const { fired } = run(spec({ for_s: 60 }), [
    [s(0), true],
    [s(50), false],
    [s(55), true],
    [s(100), null],
    [s(110), true],
    [s(300), true],
    [s(301), false],
  ]);
  assert.deepEqual(fired, [s(170)]);
});

Deno.test("decideRule: one that was true before a restart does not fire after it", () => {
  const spent = { ...FRESH, spent: true, firedMs: START - 5_000 };
  for (const for_s of [0, 60]) {
    const s = (n: number) => START + n * 1000;
    const steps: [number, boolean | null][] = [[s(0), null], [s(1), true], [s(500), true]];
    assert.deepEqual(run(spec({ for_s }), steps, spent).fired, []);
    const { fired } = run(spec({ for_s }), [...steps, [s(600), false], [s(700), true], [
      s(800),
      true,
    ]], spent);
    assert.deepEqual(fired, [s(700 + for_s)]);
  }
});

Deno.test("decideRule: hours are the site's, on both sides of a clock change", () => {
  const days = ["sat", "sun", "mon"] as const;
  const rule = spec({ when: null, hours: { days: [...days], start: "06:00", end: "08:00" } });
  for (
    const [from, to, expected] of [
      ["2026-03-28T00:00:00Z", "2026-03-30T12:00:00Z", ["05:00", "04:00", "04:00"]],
      ["2026-10-24T00:00:00Z", "2026-10-26T12:00:00Z", ["04:00", "05:00", "05:00"]],
    ] as const
  ) {
    const { fired } = run(rule, [[Date.parse(from), true], [Date.parse(to), true]]);
    assert.deepEqual(fired.map((ms) => new Date(ms).toISOString().slice(11, 16)), expected);
  }
  // Left out by the change: the moment of the change.
  const night = spec({ when: null, hours: { days: ["sun"], start: "02:30", end: "05:00" } });
  const { fired } = run(night, [
    [Date.parse("2026-03-28T12:00:00Z"), true],
    [Date.parse("2026-03-29T12:00:00Z"), true],
  ]);
  assert.deepEqual(fired.map((ms) => new Date(ms).toISOString()), ["2026-03-29T01:00:00.000Z"]);
});

Deno.test("decideRule: while the host's clock cannot be right, hours order nothing", () => {
  const rule = spec({ when: null, hours: { days: ["mon"], start: "12:00", end: "20:00" } });
  assert.ok(decideRule(rule, FRESH, look(START, true)).fire);
  assert.ok(!decideRule(rule, FRESH, look(START, true, { clockDoubted: true })).fire);
  assert.ok(decideRule(spec({}), FRESH, look(START, true, { clockDoubted: true })).fire);
});

Deno.test("periodAt: holds the moment, ends where the next begins, a day may have 23 or 25 hours", () => {
  fc.assert(fc.property(
    fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2028, 0, 1) }),
    fc.constantFrom("hour", "day", "week"),
    (nowMs, period) => {
      const { fromMs, toMs } = periodAt(period as "hour", nowMs, BERLIN);
      assert.ok(fromMs <= nowMs && nowMs < toMs);
      assert.equal(periodAt(period as "hour", toMs, BERLIN).fromMs, toMs);
    },
  ));
});

Deno.test("decideRule: orders are never closer than its rate, nor two in one period (property)", () => {
  fc.assert(fc.property(
    stepsOf,
    fc.integer({ min: 1, max: 3_600 }),
    fc.constantFrom(null, "hour", "day"),
    fc.integer({ min: 0, max: 300 }),
    (steps, every_s, once_per, for_s) => {
      const rule = spec({ every_s, once_per: once_per as "hour" | null, for_s });
      const { fired } = run(rule, steps);
      fired.forEach((ms, i) => {
        if (i === 0) return;
        assert.ok(ms - fired[i - 1] >= every_s * 1000);
        if (once_per === null) return;
        assert.ok(ms >= periodAt(once_per as "hour", fired[i - 1], BERLIN).toMs);
      });
    },
  ));
});

Deno.test("decideRule: without a rate it fires once for each stretch that lasts long enough (property)", () => {
  fc.assert(fc.property(stepsOf, fc.integer({ min: 0, max: 300 }), (steps, for_s) => {
    const { fired } = run(spec({ every_s: 1, for_s }), steps);
    // The oracle: stretches between moments at which it was known not to hold.
    let expected = 0, sinceMs: number | null = null, isSpent = false, lastMs = -Infinity;
    steps.forEach(([nowMs, holds], i) => {
      if (holds === false) [sinceMs, isSpent] = [null, false];
      if (holds === null) sinceMs = null;
      if (holds !== true) return;
      sinceMs ??= nowMs;
      const untilMs = steps[i + 1]?.[0] ?? nowMs;
      const dueMs = Math.max(sinceMs + for_s * 1000, lastMs + 1000, nowMs);
      if (!isSpent && (dueMs < untilMs || dueMs === nowMs)) {
        [expected, isSpent, lastMs] = [expected + 1, true, dueMs];
      }
    });
    assert.equal(fired.length, expected);
  }));
});
