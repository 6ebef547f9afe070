import assert from "node:assert/strict";
import fc from "fast-check";
import { nameFault } from "../../machines/names.ts";
import { isUnit } from "../../machines/units.ts";
import {
  entityPath,
  headerParts,
  influxNames,
  pathOf,
  prometheusNames,
  unitOfName,
} from "./series_names.ts";

Deno.test("entities become machine and sensor by one rule", () => {
  const cases: [string, string][] = [
    ["sensor.loft_temperature", "loft/temperature"],
    ["sensor.hall_3_dew_point", "hall_3/dew_point"],
    ["sensor.outdoor", "home/outdoor"],
    ["binary_sensor.gate", "home/gate"],
    ["switch.pump_1", "switch/pump_1"],
    ["tibber:energy_use", "tibber/energy_use"],
  ];
  for (const [entity, path] of cases) assert.equal(entityPath(entity), path);
});

Deno.test("tags and labels name the machine, in one order", () => {
  const tags = [["machine", "p1"], ["hall", "a/b"]] as const;
  assert.deepEqual(influxNames("press", tags, "temperature"), {
    key: "press,hall=a/b,machine=p1 temperature",
    suggested: "press/a-b/p1/temperature",
    unit: "°C",
  });
  assert.equal(prometheusNames("up", []).suggested, "prometheus/up");
  const labels = [["zone", "a"], ["job", "hall"]] as const;
  assert.deepEqual(prometheusNames("room_temperature_celsius", labels), {
    key: 'room_temperature_celsius{job="hall",zone="a"}',
    suggested: "hall/a/room_temperature_celsius",
    unit: "°C",
  });
});

const level = fc.string({
  unit: fc.constantFrom(
    "a",
    "é",
    "/",
    "+",
    "#",
    " ",
    ".",
    "\n",
    "\u200b",
    "\ufeff",
    "\ud800",
    "😀",
  ),
  maxLength: 150,
});

Deno.test("whatever a series is called, what is suggested is a name", () => {
  fc.assert(
    fc.property(fc.array(level, { maxLength: 20 }), (levels) => {
      const path = pathOf(levels);
      assert.equal(nameFault(path), null, JSON.stringify(path));
      assert.ok(path.length <= 200 && path.isWellFormed());
    }),
    { numRuns: 100 },
  );
});

Deno.test("units stand at the end of names and headers", () => {
  const names: [string, string | null][] = [
    ["energy_kwh_total", "kWh"],
    ["node_cpu_seconds_total", "s"],
    ["zone_a", null],
    ["t_min", null],
    ["pump_starts_total", null],
  ];
  for (const [name, unit] of names) assert.equal(unitOfName(name), unit, name);
  const headers: [string, string, string | null][] = [
    ["Kessel °C", "Kessel", "°C"],
    ["Druck [bar]", "Druck", "bar"],
    ["Feuchte (%)", "Feuchte", "%"],
    ["Leistung kW", "Leistung", "kW"],
    ["Zone A", "Zone A", null],
    ["Druck min", "Druck min", null],
    ["°C", "°C", null],
  ];
  for (const [header, name, unit] of headers) {
    assert.deepEqual(headerParts(header, isUnit), { name, unit }, header);
  }
});
