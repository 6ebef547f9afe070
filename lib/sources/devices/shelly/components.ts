/** What the components of Shelly devices from the second generation on measure. */
import type { About, Value } from "../kit/book.ts";
import { isObject, type Json, own } from "../kit/content.ts";
import { spoken } from "../kit/names.ts";

interface Field {
  path: readonly string[];
  name: string;
  unit?: string;
  about?: Omit<About, "names">;
}

const measured = (deviceClass?: string) => ({
  ...{ kind: "number" as const, stateClass: "measurement" },
  ...(deviceClass ? { deviceClass } : {}),
});
const counted = {
  ...{ kind: "number" as const, deviceClass: "energy", stateClass: "total_increasing" },
};
const DIAGNOSTIC = { diagnostic: true };
const BINARY = { kind: "binary" as const };

function field(path: string, name: string, unit?: string, about?: Omit<About, "names">): Field {
  return { path: path.split("."), name, ...(unit ? { unit } : {}), ...(about ? { about } : {}) };
}

const METER: readonly Field[] = [
  field("apower", "Power", "W", measured("power")),
  field("voltage", "Voltage", "V", measured("voltage")),
  field("current", "Current", "A", measured("current")),
  field("freq", "Frequency", "Hz", measured("frequency")),
  field("pf", "Power factor", undefined, measured("power_factor")),
  field("aenergy.total", "Energy", "Wh", counted),
  field("ret_aenergy.total", "Energy returned", "Wh", counted),
  field("temperature.tC", "Device temperature", "°C", {
    ...{ ...measured("temperature"), ...DIAGNOSTIC },
  }),
];

const PHASE: readonly Field[] = [
  field("act_power", "Power", "W", measured("power")),
  field("aprt_power", "Apparent power", "VA", measured("apparent_power")),
  field("voltage", "Voltage", "V", measured("voltage")),
  field("current", "Current", "A", measured("current")),
  field("freq", "Frequency", "Hz", measured("frequency")),
  field("pf", "Power factor", undefined, measured("power_factor")),
];

const ENERGY: readonly Field[] = [
  field("act_energy", "Energy", "Wh", counted),
  field("act_ret_energy", "Energy returned", "Wh", counted),
];

function phased(before: string, word: string, fields: readonly Field[], of = ""): Field[] {
  return fields.map(({ path: [key], name, ...rest }) => ({
    ...rest,
    path: [`${before}_${of}${key}`],
    name: `${word} ${name.toLowerCase()}`,
  }));
}

const PHASES = [["a", "Phase A"], ["b", "Phase B"], ["c", "Phase C"]] as const;
const LIGHT: readonly Field[] = [
  field("output", "Light", undefined, { ...BINARY, deviceClass: "light" }),
  field("brightness", "Brightness", "%"),
  ...METER,
];
const ALARM = (name: string, deviceClass: string): readonly Field[] => [
  field("alarm", name, undefined, { ...BINARY, deviceClass }),
  field("mute", `${name} muted`, undefined, { ...BINARY, ...DIAGNOSTIC }),
];

/** By type; what else a component of an unknown type sends is kept as it is called. */
const COMPONENTS: Readonly<Record<string, readonly Field[]>> = {
  switch: [field("output", "Switch", undefined, { ...BINARY, deviceClass: "switch" }), ...METER],
  light: LIGHT,
  rgb: LIGHT,
  rgbw: LIGHT,
  cct: [...LIGHT, field("ct", "Colour temperature", "K")],
  cover: [
    field("state", "Cover state", undefined, { kind: "text" }),
    field("current_pos", "Position", "%"),
    ...METER,
  ],
  input: [
    field("state", "Input", undefined, BINARY),
    field("percent", "Input level", "%"),
    field("counts.total", "Count", undefined, { stateClass: "total_increasing" }),
    field("freq", "Input frequency", "Hz", measured("frequency")),
  ],
  pm1: METER,
  em: [
    ...PHASES.flatMap(([key, word]) => phased(key, word, PHASE)),
    ...phased("n", "Neutral", PHASE.slice(3, 4)),
    ...phased("total", "Total", PHASE.slice(0, 4)),
  ],
  em1: PHASE,
  emdata: [
    ...PHASES.flatMap(([key, word]) => phased(key, word, ENERGY, "total_")),
    field("total_act", "Total energy", "Wh", counted),
    field("total_act_ret", "Total energy returned", "Wh", counted),
  ],
  em1data: [
    field("total_act_energy", "Energy", "Wh", counted),
    field("total_act_ret_energy", "Energy returned", "Wh", counted),
  ],
  temperature: [field("tC", "Temperature", "°C", measured("temperature"))],
  humidity: [field("rh", "Humidity", "%", measured("humidity"))],
  illuminance: [
    field("lux", "Illuminance", "lx", measured("illuminance")),
    field("illumination", "Illumination", undefined, { kind: "text" }),
  ],
  voltmeter: [field("voltage", "Voltage", "V", measured("voltage"))],
  devicepower: [
    field("battery.percent", "Battery", "%", { ...measured("battery"), ...DIAGNOSTIC }),
    field("battery.V", "Battery voltage", "V", { ...measured("voltage"), ...DIAGNOSTIC }),
    field("external.present", "External power", undefined, { ...BINARY, ...DIAGNOSTIC }),
  ],
  smoke: ALARM("Smoke", "smoke"),
  flood: ALARM("Flood", "moisture"),
  thermostat: [
    field("current_C", "Temperature", "°C", measured("temperature")),
    field("target_C", "Target temperature", "°C"),
    field("output", "Heating", undefined, BINARY),
    field("pos", "Valve position", "%"),
  ],
  bthomesensor: [field("value", "Value")],
  bthomedevice: [
    field("rssi", "Signal", "dBm", { ...measured("signal_strength"), ...DIAGNOSTIC }),
    field("battery", "Battery", "%", { ...measured("battery"), ...DIAGNOSTIC }),
  ],
  boolean: [field("value", "Boolean", undefined, BINARY)],
  number: [field("value", "Number")],
  enum: [field("value", "Enum", undefined, { kind: "text" })],
  text: [field("value", "Text", undefined, { kind: "text" })],
  sys: [
    field("uptime", "Uptime", "s", { deviceClass: "duration", ...DIAGNOSTIC }),
    field("ram_free", "Free memory", "B", DIAGNOSTIC),
  ],
  wifi: [field("rssi", "Wi-Fi signal", "dBm", { ...measured("signal_strength"), ...DIAGNOSTIC })],
};

/** About components, and of moments: nothing that is measured. */
const NO_VALUES =
  /^(?:id|source|ts|.*_ts|.*_at|timer_\w+|.*_period|.*_?timeout|target_pos|move_\w+|last_\w+|pos_control|transition|calibration|packet_id|minute_ts|flags)$/;
/** Components of the device itself: of these what stands in the table alone. */
const SERVICE =
  /^(?:sys|wifi|eth|cloud|mqtt|ble|ws|ui|\w+_ui|script|modbus|matter|knx|zigbee|web|ota)$/;
const COMPONENT = /^([a-z][a-z0-9_]{0,31})(?::(\d{1,5}))?$/;
const KEYS_MOST = 64;

/** `switch:0` → its type and number; null when it is none. */
export function componentOf(name: string): { type: string; id: string | null } | null {
  const match = COMPONENT.exec(name);
  return match === null ? null : { type: match[1], id: match[2] ?? null };
}

/** Whether a component of this type is one of Shelly's. */
export function isKnownType(type: string): boolean {
  return own(COMPONENTS, type) !== undefined || SERVICE.test(type);
}

/**
 * The values of one component. In Celsius where both are sent: they are the same quantity.
 * @param had keys of values that it sent before: errors that are not said any more are over
 */
export function componentValues(
  name: string,
  json: Json,
  whole: boolean,
  had: (key: string) => boolean,
): Value[] {
  const { type, id } = componentOf(name)!;
  const values: Value[] = [];
  const at = (path: readonly string[]) => [type, id ?? "", ...path];
  const fields = own(COMPONENTS, type) ?? [];
  for (const { path, unit } of fields) {
    let found: unknown = json;
    for (const key of path) found = isObject(found) ? found[key] : undefined;
    if (found === undefined) found = inFahrenheit(path, json);
    if (found === undefined || typeof found === "object" && found !== null) continue;
    const other = isFahrenheit(path, json) ? "°F" : unit;
    values.push({
      ...{ key: `${name}.${path.join(".")}`, path: at(path), json: found },
      ...(other ? { unit: other } : {}),
    });
  }
  if (!SERVICE.test(type) && id !== null) values.push(...others(name, json, fields, at));
  const errors = errorsOf(json);
  const key = `${name}.errors`;
  const said = errors ?? (whole && had(key) ? "none" : null);
  if (said !== null) values.push({ key, path: at(["errors"]), json: said });
  return values;
}

function inFahrenheit(path: readonly string[], json: Json): unknown {
  const at = path[path.length - 1] !== "tC" ? undefined : path.length === 1 ? json : json[path[0]];
  return isObject(at) ? at.tF : undefined;
}

function isFahrenheit(path: readonly string[], json: Json): boolean {
  if (path[path.length - 1] !== "tC") return false;
  const at = path.length === 1 ? json : json[path[0]];
  return isObject(at) && at.tC === undefined && at.tF !== undefined;
}

function others(
  name: string,
  json: Json,
  fields: readonly Field[],
  at: (path: readonly string[]) => string[],
): Value[] {
  const values: Value[] = [];
  for (const [key, value] of Object.entries(json).slice(0, KEYS_MOST)) {
    if (typeof value !== "number" && typeof value !== "boolean") continue;
    if (NO_VALUES.test(key) || fields.some(({ path }) => path[0] === key)) continue;
    if (key === "tF" || key.endsWith("_F") || key.length > 40) continue;
    values.push({ key: `${name}.${key}`, path: at([key]), json: value });
  }
  return values;
}

/** What is wrong with a component, or with one phase of it; null: it does not say. */
function errorsOf(json: Json): string | null {
  const lists = ["", "a_", "b_", "c_", "n_"].map((phase) =>
    [phase, json[`${phase}errors`]] as const
  )
    .filter(([, list]) => Array.isArray(list));
  if (lists.length === 0) return null;
  const texts = lists.flatMap(([phase, list]) =>
    (list as unknown[]).filter((one) => typeof one === "string").map((one) =>
      phase === "" ? one : `${phase.slice(0, 1).toUpperCase()}: ${one}`
    )
  );
  return texts.length === 0 ? "none" : texts.join(", ");
}

/** What a value of a component is, when it comes first. */
export function aboutComponent({ path: [type, id, ...path] }: Value): About {
  const key = path.join(".");
  const fields = own(COMPONENTS, type) ?? [];
  const known = fields.find((one) => one.path.join(".") === key);
  const label = own(LABELS, type) ?? spoken(type);
  if (key === "errors") {
    return { ...{ kind: "text", diagnostic: true }, ...named(label, id, "Errors") };
  }
  return { ...known?.about, ...named(label, id, known?.name ?? spoken(path[path.length - 1])) };
}

const LABELS: Readonly<Record<string, string>> = {
  pm1: "Meter",
  em: "Meter",
  em1: "Meter",
  emdata: "Meter",
  em1data: "Meter",
  devicepower: "Power supply",
  bthomesensor: "Bluetooth sensor",
  bthomedevice: "Bluetooth device",
  rgb: "Light",
  rgbw: "Light",
  cct: "Light",
};

/** The first of its kind needs no number while it is alone. */
function named(
  label: string,
  id: string,
  name: string,
): Pick<About, "alike"> & { names: string[] } {
  if (id === "") return { names: [name, `${label} ${name.toLowerCase()}`] };
  const longer = name.startsWith(label)
    ? `${label} ${id}${name.slice(label.length)}`
    : `${label} ${id} ${name.charAt(0).toLowerCase()}${name.slice(1)}`;
  if (id === "0" || Number(id) >= 200) return { names: [name, longer] };
  return { names: [longer], alike: name };
}
