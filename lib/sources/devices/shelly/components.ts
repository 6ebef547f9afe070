/** What the components of Shelly devices from the second generation on measure. */
import type { About, Value } from "../kit/book.ts";
import { own } from "../kit/content.ts";
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
export const COMPONENTS: Readonly<Record<string, readonly Field[]>> = {
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

/** Components of the device itself: of these what stands in the table alone. */
export const SERVICE =
  /^(?:sys|wifi|eth|cloud|mqtt|ble|ws|ui|\w+_ui|script|modbus|matter|knx|zigbee|web|ota)$/;
const COMPONENT = /^([a-z][a-z0-9_]{0,31})(?::(\d{1,5}))?$/;

/** `switch:0` → its type and number; null when it is none. */
export function componentOf(name: string): { type: string; id: string | null } | null {
  const match = COMPONENT.exec(name);
  return match === null ? null : { type: match[1], id: match[2] ?? null };
}

/** Whether a component of this type is one of Shelly's. */
export function isKnownType(type: string): boolean {
  return own(COMPONENTS, type) !== undefined || SERVICE.test(type);
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
