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
