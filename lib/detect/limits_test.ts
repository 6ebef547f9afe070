import assert from "node:assert/strict";
import {
  evaluate,
  levelOf,
  type Limits,
  limitsSchema,
  newLimitState,
  takeInside,
} from "./limits.ts";

const limits = (over: Partial<Limits>) => limitsSchema.parse(over);

function walk(l: Limits, values: [number, number][]): string[] {
  const state = newLimitState();
  return values.map(([t, v]) => {
    evaluate(l, state, v, t);
    return state.level + (state.side ? ` ${state.side}` : "");
  });
}

Deno.test("evaluate enters at the limit and leaves behind the hysteresis", () => {
  const l = limits({ warningHigh: 80, criticalHigh: 90, hysteresis: 2 });
  const got = walk(l, [[0, 79.9], [1, 80], [2, 78.5], [3, 77.9], [4, 95], [5, 89], [6, 87.9]]);
  assert.deepEqual(got, [
    "normal",
    "warning high",
    "warning high",
    "normal",
    "critical high",
    "critical high",
    "warning high",
  ]);
});

Deno.test("evaluate waits for the delay, and a dip starts it again", () => {
  const l = limits({ warningLow: 10, forMs: 1000 });
  const got = walk(l, [[0, 9], [900, 9], [950, 11], [1000, 9], [1999, 9], [2000, 9], [2001, 11]]);
  assert.deepEqual(got, [
    "normal",
    "normal",
    "normal",
    "normal",
    "normal",
    "warning low",
    "normal",
  ]);
});

Deno.test("evaluate gives each level its own delay", () => {
  const l = limits({ warningHigh: 80, criticalHigh: 90, forMs: 100 });
  const got = walk(l, [[0, 85], [60, 95], [100, 95], [159, 95], [160, 95], [161, 85]]);
  assert.deepEqual(got, [
    "normal",
    "normal",
    "warning high",
    "warning high",
    "critical high",
    "warning high",
  ]);
});

Deno.test("evaluate counts the last value as standing while time passes", () => {
  const l = limits({ criticalHigh: 90, forMs: 500 });
  const state = newLimitState();
  assert.equal(evaluate(l, state, NaN, 0), null);
  evaluate(l, state, 91, 0);
  assert.deepEqual(evaluate(l, state, NaN, 500), {
    from: "normal",
    to: "critical",
    side: "high",
    limit: 90,
  });
});

Deno.test("evaluate moves from one side to the other", () => {
  const l = limits({ warningLow: 10, warningHigh: 20, hysteresis: 1 });
  assert.deepEqual(walk(l, [[0, 25], [1, 5], [2, 10.5], [3, 15]]), [
    "warning high",
    "warning low",
    "warning low",
    "normal",
  ]);
});

Deno.test("levelOf has no memory", () => {
  const l = limits({ warningHigh: 80, criticalHigh: 90, criticalLow: 1 });
  assert.deepEqual(levelOf(l, 90), { level: "critical", side: "high" });
  assert.deepEqual(levelOf(l, 0.5), { level: "critical", side: "low" });
  assert.deepEqual(levelOf(l, NaN), { level: "normal", side: null });
});

Deno.test("limitsSchema refuses contradictions with the field they are in", () => {
  const cases: [Partial<Limits>, string][] = [
    [{ warningHigh: 95, criticalHigh: 90 }, "warningHigh"],
    [{ warningLow: 1, criticalLow: 5 }, "warningLow"],
    [{ warningLow: 20, warningHigh: 10 }, "warningLow"],
    [{ warningLow: 10, warningHigh: 20, hysteresis: 10 }, "hysteresis"],
    [{ hysteresis: -1 }, "hysteresis"],
    [{ warningHigh: NaN }, "warningHigh"],
  ];
  for (const [input, field] of cases) {
    const parsed = limitsSchema.safeParse(input);
    assert.equal(parsed.success, false, JSON.stringify(input));
    assert.equal(parsed.error!.issues[0].path[0], field);
  }
  assert.ok(limitsSchema.safeParse({}).success);
});

Deno.test("evaluate never enters a level that the value is not beyond, and never stays inside the band", () => {
  let seed = 1;
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  for (let round = 0; round < 300; round++) {
    const pick = (x: number) => random() < 0.3 ? null : x;
    const parsed = limitsSchema.safeParse({
      criticalLow: pick(10),
      warningLow: pick(20),
      warningHigh: pick(60),
      criticalHigh: pick(70),
      hysteresis: random() < 0.5 ? 0 : 5,
      forMs: random() < 0.5 ? 0 : 30,
    });
    if (!parsed.success) continue;
    const l = parsed.data, state = newLimitState();
    for (let i = 0; i < 200; i++) {
      const value = 80 * random(), before = state.level;
      const moved = evaluate(l, state, value, 10 * i);
      assert.equal(moved !== null && moved.from === before, moved !== null);
      if (moved !== null && moved.to !== "normal" && moved.from === "normal") {
        assert.ok(["warning", "critical"].includes(levelOf(l, value).level));
      }
      const deepInside = value > 25 && value < 55;
      if (deepInside) assert.equal(state.level, "normal");
      assert.equal(state.side === null, state.level === "normal");
    }
  }
});

Deno.test("what is taken at once leaves the state that one value after the other leaves", () => {
  let seed = 3;
  const random = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
  const of = (part: Partial<Limits>) => limitsSchema.parse(part);
  const sets = [
    of({}),
    of({ warningHigh: 9 }),
    of({ criticalLow: 0.5, forMs: 20_000 }),
    of({ warningLow: 1, criticalLow: 0.2, warningHigh: 8.5, criticalHigh: 9.5, hysteresis: 0.5 }),
  ];
  let taken = 0, late = 0;
  for (const limits of sets) {
    const one = newLimitState(), all = newLimitState();
    let nowMs = 1_700_000_000_000;
    for (let round = 0; round < 5_000; round++) {
      const n = 1 + Math.floor(random() * 4), columns = [new Float64Array(n), new Float64Array(n)];
      const [tMs, value] = columns;
      // Mostly calm: what is under way has to end now and then.
      const span = random() < 0.8 ? 4 : 10;
      for (let i = 0; i < n; i++) {
        tMs[i] = (nowMs += 1_000) - (random() < 0.05 ? 9 * 60_000 + random() * 120_000 : 0);
        value[i] = 3 + random() * span - (span - 4) / 2;
        if (random() < 0.002) tMs[i] = NaN;
        if (random() < 0.002) value[i] = NaN;
      }
      if (Number.isNaN(one.newestMs)) Object.assign(one, { newestMs: nowMs });
      Object.assign(all, one);
      const isTaken = takeInside(limits, all, { tMs, value, from: 0, to: n });
      if (isTaken) taken++;
      for (let i = 0; i < n; i++) {
        if (tMs[i] < one.newestMs - 600_000) late++;
        const moved = evaluate(limits, one, value[i], tMs[i]);
        if (isTaken) assert.equal(moved, null);
      }
      if (isTaken) assert.deepEqual(all, one);
    }
  }
  assert.ok(taken > 10_000 && late > 100, `${taken} taken, ${late} late`);
});
