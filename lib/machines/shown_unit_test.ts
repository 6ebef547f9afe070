import assert from "node:assert/strict";
import fc from "fast-check";
import { converted } from "../words/conversion.ts";
import type { Sensor } from "./sensor.ts";
import { DEFAULT_SETTINGS, type SensorSettings } from "./sensor_settings.ts";
import { inverse, isGuessed, settingsIn, shownOf } from "./shown_unit.ts";
import { conversion } from "./units.ts";

const sensorOf = (
  unit: string | null,
  settings: Partial<SensorSettings> = {},
  to = {},
): Sensor => ({
  ...{ num: 1, id: "x", name: "m/temp", machine: "m", sensor: "temp", kind: "number" as const },
  ...{ states: [], review: "confirmed" as const, createdMs: 0, deletedMs: null, last: null },
  ...{ deviceUnit: unit, otherUnits: [], unit, settings: { ...DEFAULT_SETTINGS, ...settings } },
  ...to,
});
const prefer = (units: Record<string, string>) => (quantity: string) => units[quantity] ?? null;

Deno.test("shown unit: the sensor's own choice first, then the site's, else as stored", () => {
  const site = prefer({ temperature: "°F", power: "kW", pressure: "psi" });
  const unit = (unit: string | null, settings?: Partial<SensorSettings>) =>
    shownOf(sensorOf(unit, settings), site).unit;
  assert.deepEqual(
    [unit("C"), unit("°F"), unit("W"), unit("hPa"), unit("V"), unit("K"), unit(null)],
    ["°F", "°F", "kW", "psi", "V", "K", null],
  );
  assert.equal(unit("W", { display_unit: "MW" }), "MW");
  assert.equal(unit("W", { display_unit: "bar" }), "W");
  assert.deepEqual(shownOf(sensorOf("W", { decimals: 0 }), site).decimals, 3);
  assert.deepEqual(shownOf(sensorOf("°C", { decimals: 1 }), site).decimals, 1);
});

Deno.test("shown unit: a unit that only the name gives away is guessed, until somebody says it", () => {
  const guess = { deviceUnit: null, review: "new" };
  assert.equal(isGuessed(sensorOf("°C", {}, guess)), true);
  assert.equal(isGuessed(sensorOf("°C", {}, { ...guess, review: "confirmed" })), false);
  assert.equal(isGuessed(sensorOf("°C", {}, { review: "new" })), false);
  assert.equal(isGuessed(sensorOf("bar", {}, guess)), false);
});

Deno.test("shown unit: limits come back from the shown unit as they were; spans have no offset", () => {
  const toF = conversion("°C", "°F")!;
  const shown = settingsIn(toF, {
    warning_high: 20,
    hysteresis: 5,
    delay_ms: 3,
    warning_low: null,
  });
  assert.deepEqual(shown, { warning_high: 68, hysteresis: 9, delay_ms: 3, warning_low: null });
  const units = [["°C", "°F"], ["W", "kW"], ["hPa", "psi"], ["m³/h", "L/min"], ["mV", "V"]];
  fc.assert(fc.property(
    fc.constantFrom(...units),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    ([from, to], value) => {
      const there = conversion(from, to)!;
      const back = converted(inverse(there), converted(there, value));
      assert.ok(Math.abs(back - value) <= 1e-9 * Math.max(1, Math.abs(value)), `${back} ${value}`);
    },
  ));
});
