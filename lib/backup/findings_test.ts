import assert from "node:assert/strict";
import {
  isOther,
  mayDifferFrom,
  newerThan,
  type PlantState,
  readingsOnlyIn,
  type ReadingTotals,
} from "./plant_state.ts";

const totals = (
  sensors: [number, number, number, number, number?][],
  chunks: [number, number, number][] = [],
): ReadingTotals => ({
  sensors: new Map(
    sensors.map(([sensor, n, oldestMs, newestMs, tailMs = Infinity]) => [
      sensor,
      { n, oldestMs, newestMs, tailMs },
    ]),
  ),
  chunks: chunks.map(([sensor, lastMs, n]) => ({
    sensor,
    firstMs: lastMs - n,
    lastMs,
    n,
    bytes: n,
    sum: 0,
  })),
});

Deno.test("readingsOnlyIn counts what came since, by sensor, and until when", () => {
  assert.deepEqual(
    readingsOnlyIn(
      totals([[1, 30, 0, 900], [2, 5, 0, 950], [3, 4, 0, 100]]),
      totals([[1, 20, 0, 600], [3, 4, 0, 100]]),
    ),
    { readings: 15, until_ms: 950 },
  );
  assert.deepEqual(readingsOnlyIn(totals([[1, 3, 0, 9]]), totals([[1, 3, 0, 9]])), {
    readings: 0,
    until_ms: null,
  });
});

Deno.test("readingsOnlyIn does not set off what retention removed since against what came since", () => {
  const restored = totals([[1, 100, 0, 600]], [[1, 300, 60], [1, 600, 40]]);
  assert.deepEqual(readingsOnlyIn(totals([[1, 70, 400, 900]]), restored), {
    readings: 30,
    until_ms: 900,
  });
});

Deno.test("readingsOnlyIn knows a chunk by its end whose beginning was summed up since", () => {
  const restored = totals([[1, 100, 240, 600]], [[1, 300, 60], [1, 600, 40]]);
  const live = totals([[1, 55, 575, 900]], [[1, 600, 25], [1, 900, 30]]);
  assert.deepEqual(readingsOnlyIn(live, restored), { readings: 30, until_ms: 900 });
});

Deno.test("mayDifferFrom begins with the first chunk or waiting reading that the other does not have", () => {
  const chunks: [number, number, number][] = [[1, 300, 60], [1, 600, 40], [2, 50, 5]];
  const restored = totals([[1, 100, 0, 600], [2, 5, 0, 50]], chunks);
  assert.deepEqual([...mayDifferFrom(restored, restored)], []);
  const live = totals(
    [[1, 160, 0, 900, 890], [2, 5, 0, 50], [3, 1, Infinity, 70, 70]],
    [...chunks, [1, 880, 50]],
  );
  assert.deepEqual([...mayDifferFrom(live, restored)], [[1, 830], [3, 70]]);
  assert.equal(newerThan([1, 2, 5, 6], [1, 2, 3, 4]), 2);
});

Deno.test("isOther knows a plant by its id, one from before ids by its people, and an empty one as nobody's", () => {
  const plant = (uid: string | null, ...ids: string[]): PlantState => ({
    plant: uid === null ? null : { uid },
    users: ids.map((id) => ({ id, state: "active" })),
    keys: [],
    recoveryCodes: [],
    screens: [],
    browsers: [],
    channels: [],
    alarms: [],
    tickets: [],
    epoch: 1,
    readings: totals([]),
  });
  assert.equal(isOther(plant("a", "ann"), plant("a", "bob"), "a"), false);
  assert.equal(isOther(plant("b", "ann"), plant("a", "ann"), "a"), true);
  assert.equal(isOther(plant(null, "ann"), plant("a", "ann", "bob"), "a"), false);
  assert.equal(isOther(plant(null, "ann"), plant("a", "bob"), "a"), true);
  assert.equal(isOther(plant("b"), plant("a", "ann"), "a"), false);
});
