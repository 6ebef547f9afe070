import assert from "node:assert/strict";
import { conversion, converted, sameUnit } from "./units.ts";

Deno.test("sameUnit knows spellings of one unit, and different units apart", () => {
  const same = [
    ["C", "°C"],
    ["℃", "degC"],
    ["°c", "Celsius"],
    ["%", "percent"],
    ["%RH", "%"],
    ["RPM", "rpm"],
    ["kw", "kW"],
    ["m3", "m³"],
    ["uA", "µA"],
    ["μA", "µA"],
    ["Foo", "foo"],
    ["l/min", "L/min"],
    ["HPA", "hPa"],
    ["ºC", "°C"],
    ["Cel", "°C"],
    ["ug/m3", "µg/m³"],
    ["µg/m^3", "μg/m³"],
    ["m^3/s", "m³/s"],
    ["foo^2", "foo²"],
  ];
  for (const [a, b] of same) assert.ok(sameUnit(a, b), `${a} ${b}`);
  const different = [["°C", "°F"], ["mW", "MW"], ["µg/m³", "mg/m³"], ["V", "mV"], ["A", "%"], [
    "foo",
    "bar",
  ], [
    "W",
    "Wh",
  ]];
  for (const [a, b] of different) assert.ok(!sameUnit(a, b), `${a} ${b}`);
});

Deno.test("conversion turns values of one quantity into each other", () => {
  const cases: [number, string, number, string][] = [
    [68, "°F", 20, "°C"],
    [20, "°C", 68, "°F"],
    [293.15, "K", 20, "°C"],
    [-40, "F", -40, "C"],
    [1500, "mV", 1.5, "V"],
    [2.5, "kW", 2500, "W"],
    [1013.25, "hPa", 101325, "Pa"],
    [1, "bar", 1000, "mbar"],
    [36, "km/h", 10, "m/s"],
    [3.6, "MJ", 1, "kWh"],
  ];
  for (const [value, from, expected, to] of cases) {
    assert.equal(converted(conversion(from, to)!, value), expected, `${value} ${from}`);
  }
  for (const [a, b] of [["°C", "%"], ["foo", "°C"], ["W", "VA"], ["dB", "dBm"]]) {
    assert.equal(conversion(a, b), null, `${a} ${b}`);
  }
});
