/** The values of OpenMQTTGateway: of Bluetooth devices, of sensors at the gateway, and of the gateway itself. */
import type { About, Value } from "../kit/book.ts";
import { type Json, own } from "../kit/content.ts";
import { spoken } from "../kit/names.ts";

type Row = Omit<About, "names"> & { name: string; unit?: string };

const DIAGNOSTIC = { diagnostic: true };
const number = (name: string, unit?: string, deviceClass?: string): Row => ({
  ...{ name, kind: "number", stateClass: "measurement" },
  ...(unit ? { unit } : {}),
  ...(deviceClass ? { deviceClass } : {}),
});
const binary = (name: string, deviceClass?: string): Row => ({
  ...{ name, kind: "binary" },
  ...(deviceClass ? { deviceClass } : {}),
});

/** By field; a number behind the name is another of the kind: `tempc2`. */
const ROWS: Readonly<Record<string, Row>> = {
  tempc: number("Temperature", "°C", "temperature"),
  tempf: number("Temperature", "°F", "temperature"),
  hum: number("Humidity", "%", "humidity"),
  pres: number("Pressure", "hPa", "pressure"),
  pa: number("Pressure", "hPa", "pressure"),
  lux: number("Illuminance", "lx", "illuminance"),
  light: number("Illuminance", "lx", "illuminance"),
  moi: number("Moisture", "%", "moisture"),
  fer: number("Conductivity", "µS/cm", "conductivity"),
  co2: number("CO2", "ppm", "carbon_dioxide"),
  tvoc: number("TVOC", "ppb"),
  voc: number("VOC", "ppb"),
  weight: number("Weight", "kg", "weight"),
  impedance: number("Impedance", "Ω"),
  voltage: number("Voltage", "V", "voltage"),
  current: number("Current", "A", "current"),
  power: number("Power", "W", "power"),
  energy: {
    ...number("Energy", "kWh", "energy"),
    stateClass: "total_increasing",
  },
  batt: { ...number("Battery", "%", "battery"), ...DIAGNOSTIC },
  volt: { ...number("Battery voltage", "V", "voltage"), ...DIAGNOSTIC },
  rssi: { ...number("RSSI", "dBm", "signal_strength"), ...DIAGNOSTIC },
  snr: { ...number("SNR", "dB"), ...DIAGNOSTIC },
  distance: { ...number("Distance", "m", "distance"), ...DIAGNOSTIC },
  door: binary("Door", "door"),
  open: binary("Open", "opening"),
  opening: binary("Opening", "opening"),
  motion: binary("Motion", "motion"),
  presence: binary("Presence", "occupancy"),
  leak: binary("Leak", "moisture"),
  water_leak: binary("Leak", "moisture"),
  smoke: binary("Smoke", "smoke"),
  hcsr501: binary("Motion", "motion"),
};
const PM: Row = number("PM2.5", "µg/m³", "pm25");
const PM10: Row = number("PM10", "µg/m³", "pm10");

/** Who it is and how it was sent: nothing that is measured. */
const NO_VALUES =
  /^(?:id|mac\w*|name|brand|model\w*|type|device|unit|lbl|prmac|ip|SSID|BSSID|(?:mfid|manufacturerdata|service\w*|txpower|cidc?|acts|cont|track|encr|ctr|uuid|mjv|miv|major|minor|adv\w*|time|ts|duration|protocol|packet\w*|pid))$/;
/** Heard of anything that is near: alone it makes no device. */
const OF_THE_AIR = /^(?:rssi|distance|snr)$/;

function rowOf(field: string): { row: Row; number: string } | undefined {
  if (field === "pm25") return { row: PM, number: "" };
  if (field === "pm10") return { row: PM10, number: "" };
  const row = own(ROWS, field);
  if (row !== undefined) return { row, number: "" };
  const [, base = "", number = ""] = /^([a-z]+)(\d)(?:_[cf])?$/.exec(field) ?? [];
  const numbered = own(ROWS, base);
  return numbered === undefined ? undefined : { row: numbered, number };
}

/** Values of one object; Celsius where both are sent. `at`: where a sensor of the gateway itself is. */
export function gatewayValues(json: Json, at: readonly string[] = []): Value[] {
  const values: Value[] = [];
  for (const [field, value] of Object.entries(json).slice(0, 100)) {
    if (field.length > 40 || NO_VALUES.test(field)) continue;
    const found = rowOf(field);
    if (typeof value === "string" && found === undefined && !/^-?\d/.test(value)) continue;
    if (typeof value === "object" && value !== null) continue;
    if (field.startsWith("tempf") && json[field.replace("tempf", "tempc")] !== undefined) continue;
    const key = field.replace("tempf", "tempc");
    const stated = field === "weight" && typeof json.unit === "string" && json.unit.length <= 8
      ? json.unit
      : found?.row.unit;
    const path = [...at, key];
    values.push({ key: path.join("/"), path, json: value, ...(stated ? { unit: stated } : {}) });
  }
  return values;
}

/** Whether something was measured, and not only heard. */
export function isMeasured(values: readonly Value[]): boolean {
  return values.some(({ key, json }) => json !== null && !OF_THE_AIR.test(key) && rowOf(key));
}

/** What a value is, when it comes first. */
export function aboutGateway({ path }: Value): About {
  const field = path[path.length - 1];
  const at = path.slice(0, -1).join(" ");
  const found = rowOf(field);
  const { name = spoken(field), unit: _, ...about } = found?.row ?? {};
  const whole = found?.number ? `${name} ${found.number}` : name;
  return { ...about, names: at === "" ? [whole] : [whole, `${at} ${whole.toLowerCase()}`] };
}

const SYSTEM: Readonly<Record<string, Row>> = {
  uptime: { name: "Uptime", kind: "number", unit: "s", deviceClass: "duration" },
  freemem: { name: "Free memory", kind: "number", unit: "B" },
  rssi: number("Wi-Fi signal", "dBm", "signal_strength"),
  tempc: number("Gateway temperature", "°C", "temperature"),
};

/** What a gateway says of itself. */
export function systemValues(json: Json): Value[] {
  return Object.entries(SYSTEM).flatMap(([field, { unit }]) =>
    json[field] === undefined ? [] : [{
      key: `SYS/${field}`,
      path: ["SYS", field],
      json: json[field],
      ...(unit ? { unit } : {}),
    }]
  );
}

export function aboutSystem({ path }: Value): About {
  const { name, unit: _, ...about } = SYSTEM[path[1]];
  return { ...about, ...DIAGNOSTIC, names: [name] };
}
