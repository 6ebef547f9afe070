import assert from "node:assert/strict";
import { decide, type Facts, type Limits, NO_EMERGENCY, STAY_MS } from "./decide.ts";

const LIMITS: Limits = {
  disk: { enter: 95, leave: 93, lastingMs: 0, allMs: 0 },
  memory: { enter: 95, leave: 90, lastingMs: 2_000, allMs: 4_000 },
  temperature: { enter: 80, leave: 75, lastingMs: 2_000, allMs: 4_000 },
  cpu: { enter: 95, leave: 85, lastingMs: 4_000, allMs: 6_000 },
};
const CALM: Facts = { disk: 50, memory: 50, temperature: 50, cpu: 20 };

/** Looks every two seconds; gives when it switched, in ms. */
function switches(seconds: number, facts: (second: number) => Partial<Facts>): number[] {
  let state = NO_EMERGENCY;
  const at: number[] = [];
  for (let s = 0; s <= seconds; s += 2) {
    const next = decide(state, { ...CALM, ...facts(s) }, LIMITS, s * 1000);
    if (next.on !== state.on) at.push(s);
    state = next;
  }
  return at;
}

Deno.test("decide enters within ten seconds of each cause, and not for a burst of the processor", () => {
  const over = { disk: 96, memory: 96, temperature: 85, cpu: 100 };
  for (const [cause, value] of Object.entries(over)) {
    const [entered] = switches(60, (s) => s >= 20 ? { [cause]: value } : {});
    assert.ok(entered - 20 <= 8, `${cause}: after ${entered - 20} s`);
  }
  assert.deepEqual(switches(60, (s) => s === 20 ? { cpu: 100, memory: 99 } : {}), []);
});

Deno.test("decide switches at most twice in ten minutes, whatever the host does", () => {
  for (const period of [4, 30, 62, 130, 300, 601, 1_300]) {
    const at = switches(
      7_200,
      (s) => s % (2 * period) < period ? { temperature: 90, cpu: 100 } : {},
    );
    assert.ok(at.length > 0);
    for (let i = 2; i < at.length; i++) {
      assert.ok(at[i] - at[i - 2] >= 600, `${period} s: switches at ${at.slice(i - 2, i + 1)}`);
    }
  }
});

Deno.test("decide leaves after a calm below the lower limit, and stays for as long as it is between both", () => {
  const stay = STAY_MS / 1000;
  assert.deepEqual(switches(3_000, (s) => s < 100 ? { disk: 96 } : { disk: 94 }), [0]);
  assert.deepEqual(switches(3_000, (s) => s < 100 ? { disk: 96 } : { disk: 92 }), [0, stay]);
  assert.deepEqual(switches(3_000, (s) => s < 1_000 ? { disk: 96 } : { disk: 92 }), [0, 1_060]);
});

Deno.test("decide takes what is not measured neither for need nor for calm, and forgets it in the end", () => {
  assert.deepEqual(switches(600, () => ({ disk: null, cpu: null, memory: null })), []);
  const [entered, left] = switches(3_000, (s) => s < 100 ? { disk: 99 } : { disk: null });
  assert.equal(entered, 0);
  assert.ok(left > 98 + 600 && left < 98 + 700, `left after ${left} s`);
});

Deno.test("decide does not count time in which nobody looked", () => {
  const first = decide(NO_EMERGENCY, { ...CALM, cpu: 100 }, LIMITS, 0);
  const later = decide(first, { ...CALM, cpu: 100 }, LIMITS, 3_600_000);
  assert.equal(later.on, false);
  assert.equal(decide(later, { ...CALM, cpu: 100 }, LIMITS, 3_604_000).on, true);
});
