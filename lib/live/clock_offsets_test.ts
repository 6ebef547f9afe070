import assert from "node:assert/strict";
import { fakeClock } from "../../tests/support/fake_clock.ts";
import type { CommittedGroup } from "../intake/committed.ts";
import type { Sensor } from "../machines/sensor.ts";
import { FLAG_ARRIVAL_TIME } from "../readings/reading.ts";
import { createClockOffsets } from "./clock_offsets.ts";

Deno.test("the offset of a device's clock is that of its quickest messages, and is forgotten when it gives no time", async () => {
  const clock = fakeClock();
  const offsets = createClockOffsets({
    clock,
    sensors: { byNum: (num) => ({ machine: `m${num}` }) as Sensor },
  });
  const send = async (readings: [num: number, behindMs: number, flags?: number][]) => {
    offsets.add({
      n: readings.length,
      sensor: Uint32Array.from(readings, ([num]) => num),
      tMs: Float64Array.from(readings, ([, behindMs]) => clock.now() - behindMs),
      flags: Uint8Array.from(readings, ([, , flags = 0]) => flags),
    } as CommittedGroup);
    await clock.advance(2_000);
  };
  await send([[1, 12_000], [2, -3_000], [3, 0, FLAG_ARRIVAL_TIME]]);
  await send([[1, 3_600_000], [1, 11_500]]);
  assert.equal(offsets.behindMs("m1"), 11_500, "history that comes late says nothing");
  assert.equal(offsets.behindMs("m2"), -3_000, "ahead");
  assert.equal(offsets.behindMs("m3"), null, "it gave no time");
  // The clock is set: after two stretches what was is forgotten.
  for (let i = 0; i < 3; i++) {
    await clock.advance(11 * 60_000);
    await send([[2, 40]]);
  }
  assert.equal(offsets.behindMs("m2"), 40);
  assert.equal(offsets.behindMs("m1"), null);
});
