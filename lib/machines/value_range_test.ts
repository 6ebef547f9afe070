import assert from "node:assert/strict";
import { valueRangeOf } from "./value_range.ts";

Deno.test("value range: what a device says, else what unit and name leave no doubt of, else none", () => {
  const of = (
    sensor: string,
    unit: string | null,
    said: { low?: number; high?: number } | null = null,
  ) => valueRangeOf({ kind: "number", unit, sensor }, said);
  assert.deepEqual(of("speed", "%", { low: 10, high: 90 }), { low: 10, high: 90, guessed: false });
  assert.deepEqual(of("speed", null, { low: 0 }), { low: 0, high: null, guessed: false });
  assert.deepEqual(of("humidity", "%"), { low: 0, high: 100, guessed: true });
  assert.deepEqual(of("ph", "pH"), { low: 0, high: 14, guessed: true });
  assert.deepEqual(of("motor", "rpm"), { low: 0, high: null, guessed: true });
  assert.equal(of("change", "%"), null, "a change may be negative");
  assert.equal(of("temperature", "°C"), null);
  assert.equal(of("x", null), null);
  assert.equal(valueRangeOf({ kind: "binary", unit: "%", sensor: "battery" }, null), null);
});
