/** What Shelly devices of the first generation publish: one value a topic, `shellies/<id>/relay/0/power`. */
import type { About, Value } from "../kit/book.ts";
import { isObject, type Json, own } from "../kit/content.ts";

interface Row {
  /** Topics below the device's, with `#` for a number. */
  at: readonly string[];
  name: string;
  unit?: string;
  about?: Omit<About, "names">;
  /** Watt-minutes are Wh times sixty. */
  factor?: number;
}

const measured = (deviceClass?: string) => ({
  ...{ kind: "number" as const, stateClass: "measurement" },
  ...(deviceClass ? { deviceClass } : {}),
});
const ENERGY = {
  ...{ kind: "number" as const, deviceClass: "energy", stateClass: "total_increasing" },
};
const BINARY = { kind: "binary" as const };
const TEXT = { kind: "text" as const };
const DIAGNOSTIC = { diagnostic: true };
const WATT_MINUTES = 1 / 60;

function row(
  at: string | readonly string[],
  name: string,
  unit?: string,
  about?: Omit<About, "names">,
): Row {
  return {
    at: typeof at === "string" ? [at] : at,
    name,
    ...(unit ? { unit } : {}),
    ...(about ? { about } : {}),
  };
}

const ROWS: readonly Row[] = [
  row("relay/#", "Relay", undefined, { ...BINARY, deviceClass: "switch" }),
  row(["light/#", "color/#", "white/#"], "Light", undefined, { ...BINARY, deviceClass: "light" }),
  row(
    [
      "relay/#/power",
      "light/#/power",
      "color/#/power",
      "white/#/power",
      "roller/#/power",
      "emeter/#/power",
    ],
    "Power",
    "W",
    measured("power"),
  ),
  {
    ...row(
      ["relay/#/energy", "light/#/energy", "color/#/energy", "white/#/energy", "roller/#/energy"],
      "Energy",
      "Wh",
      ENERGY,
    ),
    factor: WATT_MINUTES,
  },
  row("roller/#", "Roller", undefined, TEXT),
  row("roller/#/pos", "Position", "%", { kind: "number" }),
  row("emeter/#/total", "Energy", "Wh", ENERGY),
  row("emeter/#/total_returned", "Energy returned", "Wh", ENERGY),
  { ...row("emeter/#/energy", "Energy counter", "Wh", ENERGY), factor: WATT_MINUTES },
  {
    ...row("emeter/#/returned_energy", "Energy returned counter", "Wh", ENERGY),
    factor: WATT_MINUTES,
  },
  row("emeter/#/reactive_power", "Reactive power", "var", measured("reactive_power")),
  row("emeter/#/voltage", "Voltage", "V", measured("voltage")),
  row("emeter/#/current", "Current", "A", measured("current")),
  row(["emeter_n/#/current", "emeter_n/current"], "Neutral current", "A", measured("current")),
  row("emeter/#/pf", "Power factor", undefined, measured("power_factor")),
  row(["voltage/#", "voltage"], "Voltage", "V", measured("voltage")),
  row("adc/#", "Voltage", "V", measured("voltage")),
  row("input/#", "Input", undefined, BINARY),
  row("temperature", "Device temperature", "°C", { ...measured("temperature"), ...DIAGNOSTIC }),
  row("overtemperature", "Overtemperature", undefined, {
    ...{ ...BINARY, ...DIAGNOSTIC, deviceClass: "problem" },
  }),
  row("temperature_status", "Temperature status", undefined, { ...TEXT, ...DIAGNOSTIC }),
  row(["relay/#/overpower", "roller/#/overpower"], "Overpower", undefined, {
    ...{ ...BINARY, ...DIAGNOSTIC, deviceClass: "problem" },
  }),
  row("ext_temperature/#", "Temperature", "°C", measured("temperature")),
  row("ext_humidity/#", "Humidity", "%", measured("humidity")),
  row("ext_switch/#", "External switch", undefined, BINARY),
  row("sensor/temperature", "Temperature", "°C", measured("temperature")),
  row("sensor/humidity", "Humidity", "%", measured("humidity")),
  row("sensor/battery", "Battery", "%", { ...measured("battery"), ...DIAGNOSTIC }),
  row("sensor/lux", "Illuminance", "lx", measured("illuminance")),
  row("sensor/illumination", "Illumination", undefined, TEXT),
  row("sensor/tilt", "Tilt", "°", measured()),
  row("sensor/concentration", "Gas concentration", "ppm", measured()),
  row("sensor/flood", "Flood", undefined, { ...BINARY, deviceClass: "moisture" }),
  row("sensor/smoke", "Smoke", undefined, { ...BINARY, deviceClass: "smoke" }),
  row("sensor/motion", "Motion", undefined, { ...BINARY, deviceClass: "motion" }),
  row("sensor/vibration", "Vibration", undefined, { ...BINARY, deviceClass: "vibration" }),
  row("sensor/state", "State", undefined, TEXT),
  row("sensor/gas", "Gas alarm", undefined, TEXT),
  row("sensor/self_test", "Self test", undefined, { ...TEXT, ...DIAGNOSTIC }),
  row("sensor/operation", "Operation", undefined, { ...TEXT, ...DIAGNOSTIC }),
  row("sensor/error", "Error", undefined, { ...TEXT, ...DIAGNOSTIC }),
  row("sensor/charger", "Charger", undefined, { ...BINARY, ...DIAGNOSTIC }),
  row("sensor/ext_power", "External power", undefined, { ...BINARY, ...DIAGNOSTIC }),
  row("info/rssi", "Wi-Fi signal", "dBm", { ...measured("signal_strength"), ...DIAGNOSTIC }),
  row("info/uptime", "Uptime", "s", {
    ...{ kind: "number", deviceClass: "duration", ...DIAGNOSTIC },
  }),
  row("info/ram_free", "Free memory", "B", { kind: "number", ...DIAGNOSTIC }),
];

/** The value of a topic below the device's; null: nothing that is kept. */
export function gen1Value(rest: string, text: string): Value | null {
  const row = rowOf(rest);
  if (row === undefined) return null;
  const { unit, factor } = row;
  return {
    ...{ key: rest, path: rest.split("/"), json: meant(rest, text, factor) },
    ...(unit ? { unit } : {}),
  };
}

const BY_TOPIC: Readonly<Record<string, Row>> = Object.fromEntries(
  ROWS.flatMap((row) => row.at.map((topic) => [topic, row])),
);

function rowOf(rest: string): Row | undefined {
  return own(BY_TOPIC, rest.replace(/\/\d+(?=\/|$)/, "/#"));
}

function meant(rest: string, text: string, factor: number | undefined): unknown {
  // Switched off by itself, because it was too much.
  if (text === "overpower" && /^(?:relay|light)\/\d+$/.test(rest)) return false;
  // A roller that was never measured out has no position.
  if (rest.endsWith("/pos") && text === "-1") return null;
  const number = Number(text);
  return factor !== undefined && text !== "" && Number.isFinite(number)
    ? Number((number * factor).toPrecision(12))
    : text;
}

/** What a value is, when it comes first. */
export function aboutGen1({ key }: Value): About {
  const row = rowOf(key)!;
  const number = /\/(\d+)(?:\/|$)/.exec(key)?.[1];
  const word = key.slice(0, key.indexOf("/")).replace("ext_", "external ").replace(
    "emeter",
    "meter",
  );
  const longer = row.name.toLowerCase() === word
    ? `${row.name} ${number}`
    : `${word.charAt(0).toUpperCase()}${word.slice(1)} ${number} ${row.name.toLowerCase()}`;
  if (number === undefined) return { ...row.about, names: [row.name] };
  if (number === "0") return { ...row.about, names: [row.name, longer] };
  return { ...row.about, names: [longer], alike: row.name };
}

/** Values that stand in one object: `info`, and `status` of a motion sensor. */
export function gen1Objects(rest: string, json: Json): Value[] {
  const of = (key: string, value: unknown): Value[] => {
    const row = rowOf(key);
    if (row === undefined || value === undefined || typeof value === "object") return [];
    const { unit } = row;
    return [{ key, path: key.split("/"), json: value, ...(unit ? { unit } : {}) }];
  };
  if (rest === "info") {
    return [
      ...of("info/rssi", isObject(json.wifi_sta) ? json.wifi_sta.rssi : undefined),
      ...of("info/uptime", json.uptime),
      ...of("info/ram_free", json.ram_free),
      ...of("sensor/battery", isObject(json.bat) ? json.bat.value : undefined),
    ];
  }
  if (rest !== "status") return [];
  return [
    ...of("sensor/motion", json.motion),
    ...of("sensor/vibration", json.vibration),
    ...of("sensor/lux", json.lux),
    ...of("sensor/battery", json.bat),
  ];
}

/** How long a battery device of the first generation is silent, by its name; null: it does not sleep. */
export function sleepOf(id: string): number | null {
  if (/^shellyht/i.test(id)) return 12 * 3_600_000;
  return /^shelly(?:wt|flood|dw|smoke|button)/i.test(id) ? 24 * 3_600_000 : null;
}
