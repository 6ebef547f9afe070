/** The values of Tasmota's messages. */
import { timeOf } from "../../dialects/time.ts";
import type { Stamp, Value } from "../kit/book.ts";
import { isObject, type Json } from "../kit/content.ts";
import { leavesOf } from "../kit/leaves.ts";
import { STATE_VALUES, unitOf, type Units } from "./quantities.ts";

/** Beside the sensors: times, units, and what was received once (a code, a card, a key press). */
const NO_SENSORS =
  /^(?:Time|Epoch|\w+Unit|PN532|RDM6300|MFRC522|Zb\w+|Ir\w+|Rf\w+|S?SerialReceived|Button\d+|TuyaReceived|StatusS\w\w|POWER\d*)$/;
const NO_VALUES = /^(?:Id|ID|mac|MAC|Address|TotalStartTime|Meter_id|UID|Event|Model|Btn)$/;
const IDS = ["Id", "ID", "mac", "MAC"] as const;
const ID = /^(?:[\da-f]{2}[:-]?){4,10}$/i;

/** Units as a message states them; Tasmota's own defaults where it states none. */
export function unitsOf(json: Json): Units {
  const temperature = json.TempUnit === "F" ? "°F" : json.TempUnit === "K" ? "K" : "°C";
  const text = (unit: unknown, otherwise: string) =>
    typeof unit === "string" && unit !== "" && unit.length <= 16 ? unit : otherwise;
  return {
    temperature,
    pressure: text(json.PressureUnit, "hPa"),
    speed: text(json.SpeedUnit, "km/h"),
  };
}

/**
 * When it was measured. `Time` is the device's local time and names no zone, so it is the time of arrival that counts;
 * with SetOption52 it names one. Before the device knows the time it says 1970.
 */
export function stampOf(json: Json): Stamp {
  const { Time: time } = json;
  if (typeof time !== "string") return {};
  if (/(?:Z|[+-]\d\d:?\d\d)$/.test(time.slice(10))) return timeOf(time);
  const year = Number(/^(\d{4})-\d\d-\d\d/.exec(time)?.[1]);
  return year < 2001 ? { noTime: time.slice(0, 40) } : {};
}

/** The values of SENSOR; null: more of them than a message may have. */
export function sensorValues(json: Json): Value[] | null {
  const units = unitsOf(json);
  const values: Value[] = [];
  for (const [sensor, inner] of Object.entries(json)) {
    if (NO_SENSORS.test(sensor)) continue;
    if (!isObject(inner)) {
      if (isState(sensor, inner)) values.push({ key: sensor, path: [sensor], json: inner });
      continue;
    }
    const leaves = leavesOf(inner, (key) => NO_VALUES.test(key));
    if (leaves === null) return null;
    const name = nameOf(sensor, inner);
    for (const leaf of leaves) {
      const path = [name, ...leaf.path];
      const unit = unitOf(path, units);
      values.push({ key: path.join("."), path, json: leaf.json, ...(unit ? { unit } : {}) });
    }
  }
  return values;
}

/** A sensor by its own number where it has one: which of two alike is the first changes when one is added. */
function nameOf(sensor: string, inner: Json): string {
  const id = IDS.map((key) => inner[key]).find((one) => typeof one === "string" && ID.test(one));
  if (id === undefined) return sensor;
  // Bluetooth sensors carry the end of their address in their name as well.
  const type = sensor.replace(/-[\da-f]+$/i, "").replace(/[\da-f]{6}$/i, "") || sensor;
  return `${type}:${(id as string).replace(/[:-]/g, "").toUpperCase()}`;
}

/** Of what stands alone in SENSOR: switches, and numbers that a script added. */
function isState(key: string, json: unknown): boolean {
  return typeof json === "number" || /^Switch\d+$/.test(key) && typeof json === "string";
}

const UPTIME = /^(\d+)T(\d\d):(\d\d):(\d\d)$/;

/** The values of STATE beside the relays. */
export function stateValues(json: Json): Value[] {
  const values: Value[] = [];
  for (const { path, about } of STATE_VALUES) {
    let found: unknown = json;
    for (const key of path) found = isObject(found) ? found[key] : undefined;
    if (path[0] === "UptimeSec" && found === undefined) found = secondsOf(json.Uptime);
    if (found === undefined || typeof found === "object") continue;
    const key = path.join(".");
    values.push({ key, path, json: found, ...(about.unit ? { unit: about.unit } : {}) });
  }
  return values;
}

function secondsOf(uptime: unknown): number | undefined {
  const match = typeof uptime === "string" ? UPTIME.exec(uptime) : null;
  if (match === null) return undefined;
  const [days, hours, minutes, seconds] = match.slice(1).map(Number);
  return days * 86_400 + hours * 3_600 + minutes * 60 + seconds;
}
