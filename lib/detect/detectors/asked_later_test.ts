import assert from "node:assert/strict";
import { streaming } from "./streaming.ts";
import { zscore } from "./zscore.ts";

/** A wave with a little noise; near the end it is far off for a while. */
const value = (i: number) =>
  Math.round((20 + Math.sin(i / 9) + ((i * 7919) % 101) / 300 + (i > 2900 ? 900 : 0)) * 100) / 100;

for (const detector of [streaming, zscore]) {
  Deno.test(`${detector.name} keeps and finds the same whether or not its score is asked for`, () => {
    const states = [0, 1].map(() => detector.create(detector.options.parse({}) as never) as never);
    let found = 0;
    for (let i = 0; i < 2920; i++) {
      const input = {
        kind: "reading",
        tMs: 1_700_000_000_000 + 60_000 * i,
        value: value(i),
      } as const;
      const [asked, not] = states.map((state) => detector.step(state, input));
      assert.deepEqual(asked, not);
      found += not.length;
      detector.score(states[0]);
      detector.score(states[0]);
    }
    assert.ok(found > 0, "nothing is odd in it");
    assert.equal(detector.score(states[1]), detector.score(states[0]));
    assert.deepEqual(detector.save(states[1]), detector.save(states[0]));
  });
}

Deno.test("zscore scores a usual reading by how far it is from the ones before", () => {
  const state = zscore.create({ window: 20, sigmas: 3, minSpread: 0, perHour: 1 });
  for (let i = 0; i < 200; i++) {
    zscore.step(state, { kind: "reading", tMs: 1000 * i, value: value(i) });
    const from = Math.max(0, i - 20);
    if (i - from < 10) continue;
    const before = Array.from({ length: i - from }, (_, j) => value(from + j));
    const mean = before.reduce((sum, x) => sum + x, 0) / before.length;
    const squares = before.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    const away = Math.abs(value(i) - mean) / Math.sqrt(squares / (before.length - 1));
    assert.ok(Math.abs(zscore.score(state) - away / (away + 3)) < 1e-9, String(i));
  }
});

Deno.test("zscore finds the same whether or not its sums went through values that are far beyond all", () => {
  const options = { window: 20, sigmas: 3, minSpread: 0, perHour: 3600 };
  let fresh = zscore.create(options), found = 0;
  const kept = zscore.create(options);
  for (let i = 0; i < 6_000; i++) {
    const at = i % 97, spike = at === 40 || at === 43 ? 1e9 / (1 + i % 13) : 0;
    const odd = at === 65 ? 0.5 : 0;
    const input = {
      kind: "reading",
      tMs: 1_700_000_000_000 + 60_000 * i,
      value: 20 + ((i * 7919) % 101) / 1e5 + spike + odd,
    } as const;
    const expected = zscore.step(fresh, input);
    assert.deepEqual(zscore.step(kept, input), expected, `reading ${i}`);
    found += expected.length;
    // What is loaded is added up anew.
    fresh = zscore.load(options, zscore.save(fresh));
  }
  assert.ok(found > 50, `${found} found`);
  assert.deepEqual(zscore.save(kept), zscore.save(fresh));
});
