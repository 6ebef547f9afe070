import type { AnnouncedDevice } from "../device.ts";
import { type Config, isConfig, listOf } from "./abbreviations.ts";

/** The device of a configuration. */
export interface About {
  /** By what it is known: `mac:020000000003`, `ha:press7`, each of its identifiers and connections. */
  keys: string[];
  /** Null: the configuration names no device. Without a name it calls it nothing. */
  device: Partial<Omit<AnnouncedDevice, "uid">> | null;
  /** Which program says it, where it says so or can be told. */
  dialect: "home_assistant" | "zigbee2mqtt" | "esphome";
}

const KEYS_MOST = 16;
const TEXT_CHARS_MOST = 200;

/** What a configuration says of its device. `key`: where it stands. */
export function aboutOf(config: Config, key: string): About {
  const { device } = config;
  const dialect = dialectOf(config, key);
  if (!isConfig(device)) return { keys: [], device: null, dialect };
  const keys = keysOf(device);
  if (keys.length === 0) return { keys, device: null, dialect };
  return { keys, device: described(device), dialect };
}

/** The device that a configuration calls so: by the connection before the identifiers, as other dialects do. */
function keysOf(device: Config): string[] {
  const keys = new Set<string>();
  for (const connection of listOf(device.connections) ?? []) {
    if (!Array.isArray(connection)) continue;
    const [kind, value] = connection.map(textOf);
    if (kind !== undefined && value !== undefined) keys.add(connectionKey(kind, value));
  }
  for (const one of listOf(device.identifiers) ?? []) {
    const identifier = textOf(Array.isArray(one) ? one.at(-1) : one);
    if (identifier !== undefined) keys.add(`ha:${identifier}`);
  }
  return [...keys].slice(0, KEYS_MOST);
}

const MAC = /^[0-9a-f]{12}$/;

function connectionKey(kind: string, value: string): string {
  const plain = value.toLowerCase().replace(/[:.-]/g, "");
  return kind === "mac" && MAC.test(plain) ? `mac:${plain}` : `ha:${kind}:${value}`;
}

function described(device: Config): Partial<Omit<AnnouncedDevice, "uid">> {
  const via = textOf(device.via_device);
  return clean({
    name: textOf(device.name),
    manufacturer: textOf(device.manufacturer),
    model: textOf(device.model) ?? textOf(device.model_id),
    serial: textOf(device.serial_number),
    hardware: textOf(device.hw_version),
    software: textOf(device.sw_version),
    area: textOf(device.suggested_area),
    via: via === undefined ? undefined : `ha:${via}`,
  });
}

/** Without what is undefined: it is compared as JSON. */
export function clean<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

/** A text, or a number as one. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value !== "string") return undefined;
  const text = value.trim().slice(0, TEXT_CHARS_MOST).toWellFormed();
  return text === "" ? undefined : text;
}

/** `<node>/<domain>/<object>/…`, as ESPHome names its topics. */
const ESPHOME_TOPIC =
  /^[^/]+\/(?:sensor|binary_sensor|text_sensor|switch|number|select|button|lock|cover|fan|climate|valve|text|date|datetime|time|event|update)\/[^/]+\//;

function dialectOf(config: Config, key: string): About["dialect"] {
  const { origin, device } = config;
  const named = isConfig(origin) ? textOf(origin.name)?.toLowerCase() : undefined;
  if (named !== undefined) {
    if (named.includes("zigbee2mqtt")) return "zigbee2mqtt";
    return named.includes("esphome") ? "esphome" : "home_assistant";
  }
  const identifiers = isConfig(device) ? listOf(device.identifiers) ?? [] : [];
  if (identifiers.some((one) => /^zigbee2mqtt_/.test(textOf(one) ?? ""))) return "zigbee2mqtt";
  const topic = textOf(config.state_topic) ?? textOf(config.command_topic) ?? "";
  return key.split("/").length === 3 && ESPHOME_TOPIC.test(topic) ? "esphome" : "home_assistant";
}
