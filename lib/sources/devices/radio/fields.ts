/** The values of rtl_433, alone or inside of OpenMQTTGateway: their units stand at the end of their names. */
import { timeOf } from "../../dialects/time.ts";
import type { About, Stamp, Value } from "../kit/book.ts";
import { type Json, own } from "../kit/content.ts";
import { spoken } from "../kit/names.ts";

/** By the end of a field's name, the longer ones first. */
const UNITS: readonly [end: string, unit: string, deviceClass?: string][] = [
  ["_km_h", "km/h", "wind_speed"],
  ["_mi_h", "mph", "wind_speed"],
  ["_mm_h", "mm/h", "precipitation_intensity"],
  ["_in_h", "in/h", "precipitation_intensity"],
  ["_ug_m3", "µg/m³"],
  ["_m_s", "m/s", "wind_speed"],
  ["_hPa", "hPa", "pressure"],
  ["_kPa", "kPa", "pressure"],
  ["_PSI", "psi", "pressure"],
  ["_psi", "psi", "pressure"],
  ["_inHg", "inHg", "pressure"],
  ["_bar", "bar", "pressure"],
  ["_kWh", "kWh", "energy"],
  ["_Wh", "Wh", "energy"],
  ["_kW", "kW", "power"],
  ["_lux", "lx", "illuminance"],
  ["_klx", "klx"],
  ["_deg", "°"],
  ["_pct", "%"],
  ["_ppm", "ppm"],
  ["_ppb", "ppb"],
  ["_MHz", "MHz"],
  ["_Hz", "Hz", "frequency"],
  ["_dBm", "dBm", "signal_strength"],
  ["_dB", "dB"],
  ["_min", "min", "duration"],
  ["_mV", "mV", "voltage"],
  ["_mA", "mA", "current"],
  ["_mm", "mm"],
  ["_cm", "cm", "distance"],
  ["_km", "km", "distance"],
  ["_mi", "mi", "distance"],
  ["_in", "in"],
  ["_ft3", "ft³", "volume"],
  ["_m3", "m³", "volume"],
  ["_gal", "gal", "volume"],
  ["_kg", "kg", "weight"],
  ["_C", "°C", "temperature"],
  ["_F", "°F", "temperature"],
  ["_V", "V", "voltage"],
  ["_A", "A", "current"],
  ["_W", "W", "power"],
  ["_L", "L", "volume"],
  ["_s", "s", "duration"],
  ["_m", "m", "distance"],
];

const KNOWN: Readonly<Record<string, About & { unit?: string }>> = {
  humidity: { names: ["Humidity"], unit: "%", deviceClass: "humidity", stateClass: "measurement" },
  moisture: { names: ["Moisture"], unit: "%", deviceClass: "moisture", stateClass: "measurement" },
  uv: { names: ["UV index"] },
  uvi: { names: ["UV index"] },
  strike_count: { names: ["Lightning strikes"], stateClass: "total_increasing" },
  battery_ok: { names: ["Battery OK"], kind: "binary", diagnostic: true },
  battery: { names: ["Battery"], unit: "%", deviceClass: "battery", diagnostic: true },
  battery_V: { names: ["Battery voltage"], unit: "V", deviceClass: "voltage", diagnostic: true },
  battery_mV: { names: ["Battery voltage"], unit: "mV", deviceClass: "voltage", diagnostic: true },
  supercap_V: { names: ["Supply voltage"], unit: "V", deviceClass: "voltage", diagnostic: true },
  rssi: { names: ["RSSI"], unit: "dB", deviceClass: "signal_strength", diagnostic: true },
  snr: { names: ["SNR"], unit: "dB", deviceClass: "signal_strength", diagnostic: true },
  noise: { names: ["Noise"], unit: "dB", deviceClass: "signal_strength", diagnostic: true },
  alarm: { names: ["Alarm"], kind: "binary", deviceClass: "safety" },
  tamper: { names: ["Tamper"], kind: "binary", deviceClass: "tamper" },
  motion: { names: ["Motion"], kind: "binary", deviceClass: "motion" },
  contact_open: { names: ["Contact"], kind: "binary", deviceClass: "opening" },
  reed_open: { names: ["Contact"], kind: "binary", deviceClass: "opening" },
  detect_wet: { names: ["Water"], kind: "binary", deviceClass: "moisture" },
  state: { names: ["State"], kind: "text" },
  status: { names: ["Status"], kind: "text" },
  event: { names: ["Event"], kind: "text" },
};

const NAMES: Readonly<Record<string, string>> = {
  wind_avg: "Wind speed",
  wind_max: "Wind gust",
  wind_dir: "Wind direction",
  gust_speed: "Wind gust",
  light: "Illuminance",
  storm_dist: "Lightning distance",
  "pm2_5": "PM2.5",
  pm10: "PM10",
  co2: "CO2",
};

/** Who sent it, how it was sent, and what was pressed: nothing that is measured. */
const NO_VALUES =
  /^(?:type|model|subtype|channel|id|time|protocol|mic|mod|freq\d*|(?:\w+_)?seq(?:uence)?(?:_num)?|message_type|msg_?type|exception|raw\w*|data|codes?|tristate|len|duration|num_rows|rows?|count|counter|msg|flags\d*|unknown\w*|button\w*|cmd|dim\w*|group\w*|unit|house_?\w*|device|transmit\w*|test|maybetest|learn|battery_low|crc|checksum|gap|sid|uid|interval)$/;
const TOTALS = /^(?:rain|consumption|total|energy|volume|strike)/;

/** What a device that was heard by radio is known by: model, channel and id, as rtl_433 names it. */
export function radioDevice(json: Json): { key: string; name: string; model: string } | null {
  const { model } = json;
  if (typeof model !== "string" || model === "") return null;
  const text = (value: unknown) =>
    typeof value === "number" || typeof value === "string" ? String(value).slice(0, 64) : "";
  const join = (keys: string[]) => keys.map((key) => text(json[key])).filter(Boolean).join("-");
  return {
    key: join(["type", "model", "subtype", "channel", "id"]),
    name: join(["model", "channel", "id"]),
    model: model.slice(0, 100),
  };
}

/** The values of one message of a device. */
export function radioValues(json: Json): Value[] {
  const values: Value[] = [];
  for (const [key, value] of Object.entries(json).slice(0, 200)) {
    values.push(...radioValue(key, value));
  }
  return values;
}

/** The values of one field: none, one, or a battery's level beside whether it is good. */
export function radioValue(key: string, json: unknown): Value[] {
  if (key.length > 64 || NO_VALUES.test(key)) return [];
  const known = own(KNOWN, key);
  if (key === "battery_ok" && typeof json === "number") {
    const good: Value = { key, path: [key], json: json >= 0.1 };
    if (json === 0 || json === 1) return [good];
    return [good, { key: "battery", path: ["battery"], json: Math.round(json * 100), unit: "%" }];
  }
  // As older versions wrote it.
  if (key === "battery" && typeof json === "string") {
    return [{ key: "battery_ok", path: ["battery_ok"], json: /^ok$/i.test(json) }];
  }
  if (typeof json === "object" && json !== null) return [];
  // A byte of flags is no state.
  if (known?.kind === "text" && typeof json === "number") return [];
  const unit = known?.unit ?? unitOf(key)?.[1];
  // A text is a state where it is one; else a code.
  if (typeof json === "string" && known === undefined && unit === undefined) return [];
  return [{ key, path: [key], json, ...(unit ? { unit } : {}) }];
}

function unitOf(key: string) {
  return UNITS.find(([end]) => key.endsWith(end) && key.length > end.length);
}

/** What a field is, when it comes first. */
export function aboutRadio({ key }: Value): About {
  const known = own(KNOWN, key);
  if (known !== undefined) return known;
  const [end = "", , deviceClass] = unitOf(key) ?? [];
  const base = key.slice(0, key.length - end.length);
  const name = own(NAMES, base) ?? spoken(base);
  const ofWind = deviceClass === "wind_speed" ? /wind|gust/.test(base) : true;
  return {
    names: [name, spoken(key)],
    ...(deviceClass && ofWind ? { deviceClass } : {}),
    ...(end === "" ? {} : {
      ...{
        kind: "number",
        stateClass: TOTALS.test(base) && !/_h$/.test(end) ? "total_increasing" : "measurement",
      },
    }),
  };
}

/** `time` is local and names no zone, unless rtl_433 was told to write one. */
export function radioTime(time: unknown): Stamp {
  if (typeof time === "number") return timeOf(time);
  if (typeof time !== "string") return {};
  if (/(?:Z|[+-]\d\d:?\d\d)$/.test(time.slice(10)) || /^\d{9,13}(?:\.\d+)?$/.test(time)) {
    return timeOf(time);
  }
  const year = Number(/^(\d{4})-\d\d-\d\d/.exec(time)?.[1]);
  return year < 2001 ? { noTime: time.slice(0, 40) } : {};
}
