import type { AnnouncedEntity } from "../device.ts";
import { type Config, isConfig, listOf } from "./abbreviations.ts";
import { type About, clean, textOf } from "./about.ts";
import { isTopic, type Maker, payloadText, type Place, templateOf } from "./common.ts";
import { button, number, select, switchOf } from "./controls.ts";
import { climate, cover, fan, lock } from "./parts.ts";
import type { Availability, Plan, Reading } from "./plan.ts";
import { binarySensor, sensor } from "./sensors.ts";

/** A component of a configuration, and where it stands. */
export interface Component {
  component: string;
  config: Config;
  place: Place;
  /** Its key within the configuration of a whole device. */
  key: string | undefined;
  about: About;
}

/** An entity before it has its unique id. */
export interface Found {
  plan: Plan;
  entity: Omit<AnnouncedEntity, "uid" | "source">;
}

const MAKERS: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ["sensor", sensor],
  ["binary_sensor", binarySensor],
  ["switch", switchOf],
  ["number", number],
  ["select", select],
  ["button", button],
  ["lock", lock],
  ["cover", cover],
  ["fan", fan],
  ["climate", climate],
]);

/** Whether anything is made of this component; of others nothing is kept. */
export function isKnown(component: string): boolean {
  return MAKERS.has(component);
}

/** The entities of a component, or what its configuration lacks. */
export function componentEntities(of: Component): { entities: Found[] } | { fault: string } {
  const { component, config, about } = of;
  const made = MAKERS.get(component)?.(config, about) ?? [];
  if ("fault" in made) return made;
  const name = nameOf(of);
  const unique = uniqueOf(of);
  const shared = clean({
    diagnostic: isDiagnostic(config) || undefined,
    enabled: isFalse(config.enabled_by_default) ? false : undefined,
  });
  const entities = made.map(({ part, kind, read, more }) => ({
    plan: planOf(of, part === null ? unique : `${unique}:${part}`, read),
    entity: {
      name: part === null ? name : name === null ? capital(part) : `${name} ${part}`,
      ...{ kind, ...shared, ...more },
    },
  }));
  return { entities };
}

function planOf({ config, place, key, about }: Component, unique: string, read?: Reading): Plan {
  const quiet = [...new Set(quietTopics(config))].filter((topic) => topic !== read?.topic);
  return clean({
    form: "discovered" as const,
    key: place.key,
    component: key,
    unique,
    read: read === undefined ? undefined : clean(read),
    availability: availabilityOf(config),
    quiet: quiet.length === 0 ? undefined : quiet,
    keys: about.keys,
  });
}

/** As ESPHome makes them unless it is told otherwise: of kind and name alone, so alike at every node. */
const ESPHOME_ID = /^ESP[a-z_]+/;

/** Its unique id; what has none is known by its device and its place, what has no device by its place alone. */
function uniqueOf({ component, config, place, about, key }: Component): string {
  const id = textOf(config.unique_id);
  const [device] = about.keys;
  if (id !== undefined) {
    const isOfNode = device !== undefined && ESPHOME_ID.test(id);
    return isOfNode ? `${component}:${device}:${id}` : `${component}:${id}`;
  }
  const object = key === undefined ? place.object : `${place.object}/${key}`;
  return device === undefined ? `at:${place.key}` : `${component}:${device}:${object}`;
}

/** Null: it is called like its device. */
function nameOf({ config, place, key }: Component): string | null {
  if (config.name === null || config.name === "") return null;
  const name = textOf(config.name);
  if (name !== undefined) return name;
  const deviceClass = textOf(config.device_class);
  return capital((deviceClass ?? key ?? place.object).replaceAll("_", " "));
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** About the device itself; what is set once belongs there too. */
function isDiagnostic({ entity_category: category, device_class: deviceClass }: Config): boolean {
  return category === "diagnostic" || category === "config" ||
    deviceClass === "signal_strength" || deviceClass === "battery";
}

/** `false`, as YAML and C write it too. */
export function isFalse(value: unknown): boolean {
  return value === false || value === 0 ||
    (typeof value === "string" && /^(?:false|no|off|0)$/i.test(value.trim()));
}

/** Attributes and orders are no readings. */
function* quietTopics(config: Config): Iterable<string> {
  for (const [key, value] of Object.entries(config)) {
    const isQuiet = key.endsWith("command_topic") || key === "json_attributes_topic" ||
      key === "set_position_topic";
    if (isQuiet && isTopic(value)) yield value;
  }
}

const MODES = new Set(["all", "any", "latest"]);
const AVAILABILITIES_MOST = 20;

function availabilityOf(config: Config): Availability | undefined {
  const mode = MODES.has(config.availability_mode as string)
    ? config.availability_mode as Availability["mode"]
    : "latest";
  const topics: Availability["topics"] = [];
  const put = (topic: unknown, from: Config, template: unknown) => {
    if (!isTopic(topic)) return;
    topics.push(clean({
      topic,
      on: payloadText(from.payload_available) ?? "online",
      off: payloadText(from.payload_not_available) ?? "offline",
      template: templateOf(template),
    }));
  };
  for (const one of (listOf(config.availability) ?? []).slice(0, AVAILABILITIES_MOST)) {
    if (isConfig(one)) put(one.topic, one, one.value_template);
  }
  put(config.availability_topic, config, config.availability_template);
  return topics.length === 0 ? undefined : { mode, topics };
}
