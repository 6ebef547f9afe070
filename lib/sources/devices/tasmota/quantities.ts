/** What Tasmota's values are: units, classes and names, by the key under which they come. */
import type { About, Value } from "../kit/book.ts";
import { own } from "../kit/content.ts";
import { spoken } from "../kit/names.ts";

/** Units that stand beside the values of a message. */
export interface Units {
  temperature: string;
  pressure: string;
  speed: string;
}

type Quantity = [unit: string | undefined, deviceClass?: string, stateClass?: string];

const M = "measurement";
const INCREASING = "total_increasing";

const QUANTITIES: Readonly<Record<string, Quantity>> = {
  Humidity: ["%", "humidity", M],
  Moisture: ["%", "moisture", M],
  Illuminance: ["lx", "illuminance", M],
  Ambient: ["lx", "illuminance", M],
  Distance: ["cm", "distance", M],
  Weight: ["kg", "weight", M],
  CarbonDioxide: ["ppm", "carbon_dioxide", M],
  CO2: ["ppm", "carbon_dioxide", M],
  eCO2: ["ppm", "carbon_dioxide", M],
  TVOC: ["ppb", "volatile_organic_compounds_parts", M],
  "PM1": ["µg/m³", "pm1", M],
  "PM2.5": ["µg/m³", "pm25", M],
  "PM10": ["µg/m³", "pm10", M],
  "CF1": ["µg/m³", undefined, M],
  "CF2.5": ["µg/m³", undefined, M],
  "CF10": ["µg/m³", undefined, M],
  Gas: ["kΩ", undefined, M],
  CCT: ["K", undefined, M],
  CT: ["mired", undefined, M],
  Voltage: ["V", "voltage", M],
  RMSVoltage: ["V", "voltage", M],
  Current: ["A", "current", M],
  CurrentNeutral: ["A", "current", M],
  RMSCurrent: ["A", "current", M],
  Power: ["W", "power", M],
  ActivePower: ["W", "power", M],
  ApparentPower: ["VA", "apparent_power", M],
  ReactivePower: ["var", "reactive_power", M],
  Factor: [undefined, "power_factor", M],
  Frequency: ["Hz", "frequency", M],
  PhaseAngle: ["°", undefined, M],
  Energy: ["kWh", "energy", INCREASING],
  TotalTariff: ["kWh", "energy", INCREASING],
  ExportTariff: ["kWh", "energy", INCREASING],
  ExportActive: ["kWh", "energy", INCREASING],
  ImportActive: ["kWh", "energy", INCREASING],
  ExportReactive: ["kvarh", undefined, INCREASING],
  ImportReactive: ["kvarh", undefined, INCREASING],
  Dimmer: ["%"],
  Position: ["%"],
  Noise: ["dB", "sound_pressure", M],
};

/** Of energy meters alone: elsewhere the same words mean other things. */
const OF_ENERGY: Readonly<Record<string, Quantity>> = {
  Total: ["kWh", "energy", INCREASING],
  Today: ["kWh", "energy", INCREASING],
  Yesterday: ["kWh", "energy"],
  Period: ["Wh", "energy"],
};

/** About the device itself. */
const DIAGNOSTIC: Readonly<Record<string, Quantity>> = {
  Battery: ["%", "battery", M],
  BatteryPercentage: ["%", "battery", M],
  BatteryVoltage: ["V", "voltage", M],
  RSSI: ["dBm", "signal_strength", M],
  LinkQuality: ["lqi", undefined, M],
};

const NAMES: Readonly<Record<string, string>> = {
  Factor: "Power factor",
  TotalTariff: "Energy total of tariff",
  ExportTariff: "Energy exported of tariff",
  ExportActive: "Energy exported",
  ImportActive: "Energy imported",
  ExportReactive: "Reactive energy exported",
  ImportReactive: "Reactive energy imported",
  CarbonDioxide: "CO2",
  SeaPressure: "Sea-level pressure",
  CT: "Colour temperature",
  RMSVoltage: "Voltage",
  RMSCurrent: "Current",
  BatteryPercentage: "Battery",
  LinkQuality: "Link quality",
};

const NAMES_OF_ENERGY: Readonly<Record<string, string>> = {
  Total: "Energy total",
  Today: "Energy today",
  Yesterday: "Energy yesterday",
  Period: "Energy of the period",
};

const INDEX = /^\d+$/;
const TEMPERATURE = /temperature\d*$|^(?:dewpoint|heatindex)$/i;
const PRESSURE = /^(?:Sea)?Pressure$/;
/** A probe that is known by its own number: `DS18B20:00AA00000001`. */
const WITH_ID = /^([^:]+):(.+)$/;

/** The unit of a value, by the units that its message states. */
export function unitOf(path: readonly string[], units: Units): string | undefined {
  for (let i = path.length - 1; i >= 0; i--) {
    const key = path[i];
    if (TEMPERATURE.test(key)) return units.temperature;
    if (PRESSURE.test(key)) return units.pressure;
    if (key === "Speed") return units.speed;
    if (key === "Deg" || path[i - 1] === "Dir") return "°";
    const [unit] = quantityOf(path, key) ?? [];
    if (unit !== undefined) return unit;
  }
  return undefined;
}

function quantityOf(path: readonly string[], key: string): Quantity | undefined {
  const ofEnergy = /energy/i.test(path[0]) ? own(OF_ENERGY, key) : undefined;
  if (ofEnergy !== undefined) return ofEnergy;
  return own(QUANTITIES, key) ?? own(DIAGNOSTIC, key);
}

/** What a value of SENSOR is, when it comes first. */
export function aboutSensor({ path }: Value): About {
  const [sensor, ...rest] = path.length > 1 ? path : ["", path[0]];
  const index = INDEX.test(rest[rest.length - 1]) && rest.length > 1 ? rest.pop()! : null;
  const key = rest[rest.length - 1];
  const [, deviceClass, stateClass] = quantityOf(path, key) ?? classOf(rest);
  const [, type = sensor, id] = WITH_ID.exec(sensor) ?? [];
  const words = rest.map((one, i) => {
    const ofEnergy = /energy/i.test(sensor) ? own(NAMES_OF_ENERGY, one) : undefined;
    const name = ofEnergy ?? own(NAMES, one) ?? spoken(one);
    return i === 0 ? name : name.toLowerCase();
  }).join(" ");
  const counter = type === "COUNTER" ? /^C(\d+)$/.exec(key)?.[1] : undefined;
  const name = counter ? `Counter ${counter}` : index === null ? words : `${words}.${index}`;
  const ofChip = /^ESP\d/.test(type);
  const longer = id === undefined ? `${type} ${name}` : `${name} ${id}`;
  const names = ofChip ? [longer] : sensor === "" ? [name] : [name, longer];
  const diagnostic = ofChip || own(DIAGNOSTIC, key) !== undefined;
  return {
    names,
    ...(deviceClass ? { deviceClass } : {}),
    ...(stateClass ?? (counter && INCREASING) ? { stateClass: stateClass ?? INCREASING } : {}),
    ...(diagnostic ? { diagnostic } : {}),
  };
}

function classOf(path: readonly string[]): Quantity {
  const key = path.find((one) => TEMPERATURE.test(one) || PRESSURE.test(one) || one === "Speed");
  if (key === undefined) return [undefined];
  if (key === "Speed") return [undefined, "wind_speed", M];
  return [undefined, TEMPERATURE.test(key) ? "temperature" : "pressure", M];
}

/** What of STATE is kept beside the relays: where it stands, and what it is. */
export const STATE_VALUES: readonly {
  path: readonly string[];
  about: About & { unit?: string };
}[] = [
  { path: ["Dimmer"], about: { names: ["Dimmer"], unit: "%" } },
  { path: ["CT"], about: { names: ["Colour temperature"], unit: "mired" } },
  { path: ["FanSpeed"], about: { names: ["Fan speed"] } },
  diagnostic(["Vcc"], "Supply voltage", "V", "voltage"),
  diagnostic(["UptimeSec"], "Uptime", "s", "duration"),
  diagnostic(["Heap"], "Free memory", "kB"),
  diagnostic(["LoadAvg"], "Load", "%"),
  diagnostic(["MqttCount"], "MQTT connections"),
  diagnostic(["Wifi", "RSSI"], "Wi-Fi RSSI", "%"),
  diagnostic(["Wifi", "Signal"], "Wi-Fi signal", "dBm", "signal_strength"),
  diagnostic(["Wifi", "LinkCount"], "Wi-Fi connections"),
];

function diagnostic(path: string[], name: string, unit?: string, deviceClass?: string) {
  return {
    path,
    about: {
      names: [name],
      kind: "number" as const,
      diagnostic: true,
      ...(unit ? { unit } : {}),
      ...(deviceClass ? { deviceClass } : {}),
    },
  };
}
