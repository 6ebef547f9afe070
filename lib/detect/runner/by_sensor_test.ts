import assert from "node:assert/strict";
import { FLAG_PAST } from "../../readings/reading.ts";
import { bySensor } from "./by_sensor.ts";

Deno.test("bySensor gives each sensor's places together, in their order, without what is of the past", () => {
  const sensor = new Uint32Array([7, 4_294_967_295, 7, 2, 4_294_967_295, 7]);
  const flags = new Uint8Array([0, 0, FLAG_PAST, 0, 0, 0]);
  assert.deepEqual([...bySensor({ n: 6, sensor, flags })], [3, 0, 5, 1, 4]);
  assert.deepEqual([...bySensor({ n: 4, sensor })], [3, 0, 2, 1]);
});
