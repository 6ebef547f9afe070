/**
 * What a quantity is like, as far as its unit and name say: what may rise without anything being wrong. What
 * neither says is judged by how it behaves.
 */
export const NATURES = ["level", "use", "flow", "charge", "free"] as const;

/**
 * - `level`: a state that something keeps (temperature, vibration, pressure): a departure is a finding;
 * - `use`: what people and weather draw or give (power, light): any height may be new;
 * - `flow`: water and gas: as `use`, and it rests at times;
 * - `charge`: of a battery: only a fall is news;
 * - `free`: places, wishes, counts, signal strength: nothing is to be expected of its height.
 */
export type Nature = typeof NATURES[number];

const BY_UNIT: Readonly<Record<string, Nature>> = {
  ...natureOf("use", ["w", "kw", "mw", "va", "kva", "var", "a", "ma", "lx", "klx", "w/m²", "w/m2"]),
  ...natureOf("flow", ["l/min", "l/h", "l/s", "m³/h", "m3/h", "m³/s", "gpm", "lpm"]),
  ...natureOf("free", [
    "dbm",
    "db",
    "lqi",
    "rssi",
    "°",
    "deg",
    "wh",
    "kwh",
    "mwh",
    "m³",
    "m3",
    "l",
  ]),
  ...natureOf("free", [
    "s",
    "min",
    "h",
    "d",
    "km",
    "mi",
    "m/s",
    "km/h",
    "mm",
    "kg",
    "g",
    "lb",
    "b",
  ]),
  ...natureOf("free", ["kb", "mb", "gb", "tb", "b/s", "kb/s", "mb/s", "€", "$"]),
};
const BY_WORD: readonly [RegExp, Nature][] = [
  [/^(battery|batt|akku|soc)$/, "charge"],
  [/^(lat|lon|lng|latitude|longitude|altitude|heading|course|gps|azimuth|elevation)$/, "free"],
  [/^(setpoint|target|wish|setting|dimmer|brightness|position|valve|volume|scene)$/, "free"],
  [/^(linkquality|rssi|lqi|snr|signal)$/, "free"],
  [/^(count|counter|total|starts|hours|uptime|pieces|odometer|energy|yield)$/, "free"],
  [/^(power|current|load|illuminance|lux|irradiance|brightness)$/, "use"],
  [/^(flow)$/, "flow"],
];

export function natureFor(name: string, unit: string | null): Nature {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().split(/[^a-z0-9]+/);
  const charge = words.some((word) => BY_WORD[0][0].test(word));
  if (charge && (unit === null || unit === "%" || unit === "V")) return "charge";
  const byUnit = unit === null ? undefined : BY_UNIT[unit.toLowerCase()];
  if (byUnit !== undefined) return byUnit;
  if (unit !== null && unit !== "%" && unit !== "") return "level";
  for (const [pattern, nature] of BY_WORD) {
    if (words.some((word) => pattern.test(word))) return nature;
  }
  return "level";
}

function natureOf(nature: Nature, units: readonly string[]): Record<string, Nature> {
  return Object.fromEntries(units.map((unit) => [unit, nature]));
}
