/*
 * Units as devices write them: which spellings are one unit, and which units are the same quantity, so that one
 * can be converted into the other exactly. `value × factor + offset` is the value in the quantity's own unit.
 */

import type { Conversion } from "../words/conversion.ts";

export { type Conversion, converted } from "../words/conversion.ts";

interface Unit {
  symbol: string;
  quantity: string;
  factor: number;
  offset: number;
}

type Row = [symbol: string, factor: number, aliases?: string, offset?: number];

/** By quantity. Aliases are separated by spaces; blanks inside a unit do not count, case is looked at last. */
const QUANTITIES: Record<string, readonly Row[]> = {
  temperature: [
    ["°C", 1, "C degC celsius degreecelsius degreescelsius deg.C Cel"],
    ["°F", 5 / 9, "F degF fahrenheit degreefahrenheit degreesfahrenheit deg.F", -160 / 9],
    ["K", 1, "kelvin °K", -273.15],
  ],
  ratio: [["%", 1, "percent pct %RH RH%"], ["‰", 0.1, "permille"]],
  "particles per million": [["ppm", 1], ["ppb", 0.001]],
  "mass in the air": [
    ["µg/m³", 1, "ug/m3"],
    ["mg/m³", 1e3, "mg/m3"],
  ],
  voltage: [["V", 1, "volt volts"], ["mV", 1e-3], ["kV", 1e3], ["µV", 1e-6, "uV"], ["MV", 1e6]],
  current: [["A", 1, "ampere amperes amp amps"], ["mA", 1e-3], ["kA", 1e3], ["µA", 1e-6, "uA"]],
  power: [["W", 1, "watt watts"], ["mW", 1e-3], ["kW", 1e3], ["MW", 1e6], ["GW", 1e9]],
  "apparent power": [["VA", 1], ["kVA", 1e3], ["MVA", 1e6]],
  "reactive power": [["var", 1], ["kvar", 1e3]],
  energy: [
    ["Wh", 1, "watthour watthours"],
    ["kWh", 1e3],
    ["MWh", 1e6],
    ["GWh", 1e9],
    ["J", 1 / 3600, "joule joules"],
    ["kJ", 1000 / 3600],
    ["MJ", 1e6 / 3600],
    ["GJ", 1e9 / 3600],
  ],
  pressure: [
    ["Pa", 1, "pascal"],
    ["hPa", 100],
    ["kPa", 1e3],
    ["MPa", 1e6],
    ["mbar", 100, "millibar"],
    ["bar", 1e5],
    ["psi", 6894.757293168361],
    ["mmHg", 133.322387415],
    ["inHg", 3386.389],
    ["atm", 101325],
  ],
  length: [
    ["m", 1, "meter metre meters metres"],
    ["mm", 1e-3],
    ["cm", 1e-2],
    ["km", 1e3],
    ["µm", 1e-6, "um micron"],
    ["in", 0.0254, "inch inches"],
    ["ft", 0.3048, "foot feet"],
    ["mi", 1609.344, "mile miles"],
  ],
  speed: [
    ["m/s", 1, "mps"],
    ["km/h", 1 / 3.6, "kmh kph"],
    ["mm/s", 1e-3],
    ["mph", 0.44704],
    ["kn", 1852 / 3600, "knot knots kt"],
  ],
  mass: [["kg", 1], ["g", 1e-3, "gram grams"], ["mg", 1e-6], ["t", 1e3, "ton tons tonne"], [
    "lb",
    0.45359237,
    "lbs pound pounds",
  ]],
  volume: [
    ["m³", 1, "m3 m^3 cbm"],
    ["L", 1e-3, "litre liter litres liters"],
    ["mL", 1e-6],
    ["ft³", 0.028316846592, "ft3 ft^3 cf"],
    ["gal", 0.003785411784, "gallon gallons"],
  ],
  flow: [
    ["m³/h", 1, "m3/h m^3/h"],
    ["m³/s", 3600, "m3/s"],
    ["L/min", 0.06, "lpm"],
    ["L/h", 1e-3],
    ["L/s", 3.6],
  ],
  time: [
    ["s", 1, "sec secs second seconds"],
    ["ms", 1e-3, "msec millisecond milliseconds"],
    ["min", 60, "minute minutes"],
    ["h", 3600, "hr hrs hour hours"],
    ["d", 86400, "day days"],
  ],
  frequency: [["Hz", 1, "hertz"], ["kHz", 1e3], ["MHz", 1e6], ["GHz", 1e9]],
  "rotation speed": [["rpm", 1, "1/min min-1 r/min rev/min U/min"], ["rps", 60, "1/s"]],
  acceleration: [["m/s²", 1, "m/s2 m/s^2"], ["g-force", 9.80665]],
  illuminance: [["lx", 1, "lux"]],
  resistance: [["Ω", 1, "ohm ohms"], ["kΩ", 1e3, "kohm"], ["MΩ", 1e6, "Mohm"]],
  "amount of data": [
    ["B", 1, "byte bytes"],
    ["kB", 1e3],
    ["MB", 1e6],
    ["GB", 1e9],
    [
      "KiB",
      1024,
    ],
    ["MiB", 1024 ** 2],
    ["GiB", 1024 ** 3],
  ],
  loudness: [["dB", 1, "decibel"], ["dBm", 1]],
};

const exact = new Map<string, Unit>();
/** Without case; the first unit that claims a spelling has it: `mw` is a milliwatt. */
const anyCase = new Map<string, Unit>();
for (const [quantity, rows] of Object.entries(QUANTITIES)) {
  for (const [symbol, factor, aliases = "", offset = 0] of rows) {
    const unit = { symbol, quantity: quantity === "loudness" ? symbol : quantity, factor, offset };
    const spellings = [symbol, ...aliases.split(" ").filter((alias) => alias !== "")]
      .map(plainSpelling);
    for (const spelling of spellings) {
      exact.set(spelling, unit);
      const low = spelling.toLowerCase();
      if (!anyCase.has(low)) anyCase.set(low, unit);
    }
  }
}

/** One way to write the characters that Unicode has twice. */
function plainSpelling(text: string): string {
  // The ordinal sign is replaced first: it would become an `o`.
  return text.trim().replaceAll("º", "°").normalize("NFKC").replaceAll("μ", "µ")
    .replace(/[\s^]+/g, "");
}

function known(text: string): Unit | undefined {
  const spelling = plainSpelling(text);
  return exact.get(spelling) ?? anyCase.get(spelling.toLowerCase());
}

/** Whether two spellings are one unit: `C`, `°C` and `degC`, `%` and `percent`, `RPM` and `rpm`. */
export function sameUnit(a: string, b: string): boolean {
  if (a === b) return true;
  const [unitA, unitB] = [known(a), known(b)];
  if (unitA !== undefined || unitB !== undefined) return unitA === unitB;
  return plainSpelling(a).toLowerCase() === plainSpelling(b).toLowerCase();
}

/** What is measured in a unit (`temperature`); null when the unit is not known. */
export function quantityOf(unit: string): string | null {
  return known(unit)?.quantity ?? null;
}

/** A unit as Perch writes it; one that is not known as it was sent. */
export function symbolOf(unit: string): string {
  return known(unit)?.symbol ?? unit;
}

/** How values of `from` become values of `to`; null when they are not the same quantity. */
export function conversion(from: string, to: string): Conversion | null {
  const [a, b] = [known(from), known(to)];
  if (a === undefined || b === undefined || a.quantity !== b.quantity) return null;
  return { factor: a.factor / b.factor, offset: (a.offset - b.offset) / b.factor };
}

/** Whether a text is a unit that Perch knows. */
export function isUnit(text: string): boolean {
  return known(text) !== undefined;
}
