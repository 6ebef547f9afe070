import assert from "node:assert/strict";
import { FLAG_PAST } from "./reading.ts";
import { runsOf } from "./runs.ts";

for (const [how, high] of [["counted", 3], ["sorted", 4_000_000_000]] as const) {
  Deno.test(`readings come sensor by sensor, in their order, without what is of the past: ${how}`, () => {
    const sensor = Uint32Array.of(high, 2, 1, 2, high, 1, 2);
    const tMs = Float64Array.of(10, 11, 12, 13, 14, 15, 16);
    const value = tMs.map((x) => 2 * x);
    const flags = new Uint8Array(7);
    flags[3] = FLAG_PAST;
    const all = runsOf({ n: 7, sensor, tMs, value });
    assert.deepEqual([...all.place], [2, 5, 1, 3, 6, 0, 4]);
    assert.deepEqual([...all.sensors], [1, 2, high]);
    assert.deepEqual([...all.starts], [0, 2, 5, 7]);
    assert.deepEqual([...all.tMs], [12, 15, 11, 13, 16, 10, 14]);
    assert.deepEqual([...all.value], [24, 30, 22, 26, 32, 20, 28]);
    const some = runsOf({ n: 6, sensor, tMs, value, flags });
    assert.deepEqual([...some.place], [2, 5, 1, 0, 4]);
    assert.deepEqual([...some.starts], [0, 2, 3, 5]);
  });
}

Deno.test("a group of what is of the past alone has no runs", () => {
  const one = {
    ...{ n: 1, sensor: Uint32Array.of(7), tMs: new Float64Array(1), value: new Float64Array(1) },
    flags: Uint8Array.of(FLAG_PAST),
  };
  const { sensors, starts, place } = runsOf(one);
  assert.deepEqual([sensors.length, [...starts], place.length], [0, [0], 0]);
});
