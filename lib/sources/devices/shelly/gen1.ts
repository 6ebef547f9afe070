/** What Shelly devices of the first generation publish: one value a topic, `shellies/<id>/relay/0/power`. */
import type { About, Value } from "../kit/book.ts";
import { isObject, type Json } from "../kit/content.ts";

interface Row {
  at: RegExp;
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

function row(at: RegExp, name: string, unit?: string, about?: Omit<About, "names">): Row {
  return { at, name, ...(unit ? { unit } : {}), ...(about ? { about } : {}) };
}

const ROWS: readonly Row[] = [
  row(/^relay\/(\d+)$/, "Relay", undefined, { ...BINARY, deviceClass: "switch" }),
  row(/^(?:light|color|white)\/(\d+)$/, "Light", undefined, { ...BINARY, deviceClass: "light" }),
  row(/^(?:relay|light|color|white|roller|emeter)\/(\d+)\/power$/, "Power", "W", measured("power")),
  {
    ...row(/^(?:relay|light|color|white|roller)\/(\d+)\/energy$/, "Energy", "Wh", ENERGY),
    factor: WATT_MINUTES,
  },
  row(/^roller\/(\d+)$/, "Roller", undefined, TEXT),
  row(/^roller\/(\d+)\/pos$/, "Position", "%", { kind: "number" }),
  row(/^emeter\/(\d+)\/total$/, "Energy", "Wh", ENERGY),
  row(/^emeter\/(\d+)\/total_returned$/, "Energy returned", "Wh", ENERGY),
  { ...row(/^emeter\/(\d+)\/energy$/, "Energy counter", "Wh", ENERGY), factor: WATT_MINUTES },
  {
    ...row(/^emeter\/(\d+)\/returned_energy$/, "Energy returned counter", "Wh", ENERGY),
    factor: WATT_MINUTES,
  },
  row(/^emeter\/(\d+)\/reactive_power$/, "Reactive power", "var", measured("reactive_power")),
  row(/^emeter\/(\d+)\/voltage$/, "Voltage", "V", measured("voltage")),
  row(/^emeter\/(\d+)\/current$/, "Current", "A", measured("current")),
  row(/^emeter_n(?:\/(\d+))?\/current$/, "Neutral current", "A", measured("current")),
  row(/^emeter\/(\d+)\/pf$/, "Power factor", undefined, measured("power_factor")),
  row(/^voltage(?:\/(\d+))?$/, "Voltage", "V", measured("voltage")),
  row(/^adc\/(\d+)$/, "Voltage", "V", measured("voltage")),
  row(/^input\/(\d+)$/, "Input", undefined, BINARY),
  row(/^temperature$/, "Device temperature", "°C", { ...measured("temperature"), ...DIAGNOSTIC }),
  row(/^overtemperature$/, "Overtemperature", undefined, {
    ...{ ...BINARY, ...DIAGNOSTIC, deviceClass: "problem" },
  }),
  row(/^temperature_status$/, "Temperature status", undefined, { ...TEXT, ...DIAGNOSTIC }),
  row(/^(?:relay|roller)\/(\d+)\/overpower$/, "Overpower", undefined, {
    ...{ ...BINARY, ...DIAGNOSTIC, deviceClass: "problem" },
  }),
  row(/^ext_temperature\/(\d+)$/, "Temperature", "°C", measured("temperature")),
  row(/^ext_humidity\/(\d+)$/, "Humidity", "%", measured("humidity")),
  row(/^ext_switch\/(\d+)$/, "External switch", undefined, BINARY),
  row(/^sensor\/temperature$/, "Temperature", "°C", measured("temperature")),
  row(/^sensor\/humidity$/, "Humidity", "%", measured("humidity")),
  row(/^sensor\/battery$/, "Battery", "%", { ...measured("battery"), ...DIAGNOSTIC }),
  row(/^sensor\/lux$/, "Illuminance", "lx", measured("illuminance")),
  row(/^sensor\/illumination$/, "Illumination", undefined, TEXT),
  row(/^sensor\/tilt$/, "Tilt", "°", measured()),
  row(/^sensor\/concentration$/, "Gas concentration", "ppm", measured()),
  row(/^sensor\/flood$/, "Flood", undefined, { ...BINARY, deviceClass: "moisture" }),
  row(/^sensor\/smoke$/, "Smoke", undefined, { ...BINARY, deviceClass: "smoke" }),
  row(/^sensor\/motion$/, "Motion", undefined, { ...BINARY, deviceClass: "motion" }),
  row(/^sensor\/vibration$/, "Vibration", undefined, { ...BINARY, deviceClass: "vibration" }),
  row(/^sensor\/state$/, "State", undefined, TEXT),
  row(/^sensor\/gas$/, "Gas alarm", undefined, TEXT),
  row(/^sensor\/self_test$/, "Self test", undefined, { ...TEXT, ...DIAGNOSTIC }),
  row(/^sensor\/operation$/, "Operation", undefined, { ...TEXT, ...DIAGNOSTIC }),
  row(/^sensor\/error$/, "Error", undefined, { ...TEXT, ...DIAGNOSTIC }),
  row(/^sensor\/charger$/, "Charger", undefined, { ...BINARY, ...DIAGNOSTIC }),
  row(/^sensor\/ext_power$/, "External power", undefined, { ...BINARY, ...DIAGNOSTIC }),
  row(/^info\/rssi$/, "Wi-Fi signal", "dBm", { ...measured("signal_strength"), ...DIAGNOSTIC }),
  row(/^info\/uptime$/, "Uptime", "s", {
    ...{ kind: "number", deviceClass: "duration", ...DIAGNOSTIC },
  }),
  row(/^info\/ram_free$/, "Free memory", "B", { kind: "number", ...DIAGNOSTIC }),
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

function rowOf(rest: string): Row | undefined {
  return ROWS.find(({ at }) => at.test(rest));
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
  const number = row.at.exec(key)?.[1];
  const word = key.slice(0, key.indexOf("/")).replace("ext_", "external ").replace(
    "emeter",
    "meter",
  );
  const longer = row.name.toLowerCase() === word
    ? `${row.name} ${number}`
    : `${word.charAt(0).toUpperCase()}${word.slice(1)} ${number} ${row.name.toLowerCase()}`;
  const names = number === undefined ? [row.name] : number === "0" ? [row.name, longer] : [longer];
  return { ...row.about, names };
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
