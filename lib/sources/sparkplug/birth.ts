/** What a birth announces: the device, what it measures, what it can be told. Pure. */
import type { OrderSpec } from "../../machines/order.ts";
import { VALUES_MOST } from "../dialects/dialect.ts";
import type { AnnouncedDevice, AnnouncedEntity } from "../devices/device.ts";
import { type Leaf, leavesOf } from "./leaves.ts";
import type { Alias, Metric, Payload, Property } from "./payload.ts";
import { commandTopic, type Place } from "./topic.ts";
import { isWhole, kindOfType, TYPE, unsupported } from "./types.ts";
import { guessedType, widened } from "./value.ts";

/** A metric as it was born: what a later message means by its name or alias. */
export interface Born {
  name: string;
  alias?: Alias;
  type: number;
  unit?: string;
  /** What was announced of it, by suffix: the type of each value. */
  leaves: Map<string, number>;
}

export interface Birth {
  about: AnnouncedDevice;
  entities: AnnouncedEntity[];
  metrics: Map<string, Born>;
  /** The values that came with it. */
  values: { born: Born; metric: Metric; leaves: Leaf[] }[];
  bdSeq: number | null;
  /** What is not kept, for people. */
  notes: string[];
}

/** Why a birth is refused. */
export interface BirthFault {
  code: "bad_payload" | "too_large";
  message: string;
}

/** How an entity is addressed at its edge node; kept with it. */
export interface EntitySource extends Record<string, unknown> {
  group: string;
  node: string;
  device: string | null;
  /** Name of the metric. */
  metric: string;
}

const BD_SEQ = "bdSeq";
const CONTROL = "Node Control/";
/** What says something of the device itself. */
const ABOUT = /^(Properties|Node Info|Device Info)\//;
const UNIT_CHARS_MOST = 32;

/** Unique id of a node or device. */
export function deviceUid({ group, node, device }: Omit<Place, "type">): string {
  return device === null ? `sp:${group}/${node}` : `sp:${group}/${node}/${device}`;
}

/**
 * Unique id of a value. Metrics of the node stand where a device would have no name: a device and a node's metric of
 * the same name are two.
 */
export function entityUid(place: Omit<Place, "type">, name: string): string {
  return place.device === null ? `${deviceUid(place)}//${name}` : `${deviceUid(place)}/${name}`;
}

/** Reads a birth. */
export function birthOf(place: Place, payload: Payload): Birth | BirthFault {
  const birth: Birth = {
    ...{ about: aboutOf(place, payload.metrics), entities: [], metrics: new Map() },
    ...{ values: [], bdSeq: null, notes: [] },
  };
  const budget = { left: VALUES_MOST };
  const aliases = new Map<Alias, string>();
  for (const metric of payload.metrics) {
    const { name, alias } = metric;
    if (name === undefined || name === "") {
      birth.notes.push("a metric of a birth has no name");
      continue;
    }
    if (alias !== undefined && (aliases.get(alias) ?? name) !== name) {
      return aliasFault(alias, aliases.get(alias)!, name);
    }
    if (alias !== undefined) aliases.set(alias, name);
    if (place.device === null && name === BD_SEQ) birth.bdSeq = bdSeqOf(metric);
    else if (!addMetric(birth, place, metric, name, budget)) {
      return { code: "too_large", message: `the birth comes to more than ${VALUES_MOST} values` };
    }
  }
  return birth;
}

/** The fault of one alias that stands for two metrics. */
export function aliasFault(alias: Alias, one: string, other: string): BirthFault {
  const [first, second] = [one, other].map((name) => name.slice(0, 60));
  return {
    code: "bad_payload",
    message:
      `alias ${alias} stands for both ${first} and ${second}; an alias is unique in its edge node`,
  };
}

/** The number by which a death belongs to its birth. */
export function bdSeqOf({ value }: Metric): number | null {
  return value?.in === "int" || value?.in === "long" ? Number(value.value) : null;
}

export function bdSeqIn(payload: Payload): number | null {
  const metric = payload.metrics.find(({ name }) => name === BD_SEQ);
  return metric === undefined ? null : bdSeqOf(metric);
}

/** False: it came to too many values. */
function addMetric(
  birth: Birth,
  place: Place,
  metric: Metric,
  name: string,
  budget: { left: number },
): boolean {
  const type = metric.type || guessedType(metric.value);
  const born: Born = birth.metrics.get(name) ??
    { name, alias: metric.alias, type, unit: textOf(metric, "engUnit", "unit"), leaves: new Map() };
  birth.metrics.set(name, born);
  if (place.device === null && name.startsWith(CONTROL) && type === TYPE.boolean) {
    birth.entities.push(button(place, name));
    return true;
  }
  const lost = unsupported(type);
  if (lost !== null) birth.notes.push(`${lost} is not kept`);
  const leaves = leavesOf(metric, (suffix) => born.leaves.get(suffix), budget);
  if (leaves === null) return false;
  for (const leaf of leaves) {
    if (!born.leaves.has(leaf.suffix)) birth.entities.push(entityOf(place, born, leaf, metric));
    born.leaves.set(leaf.suffix, leaf.type);
  }
  birth.values.push({ born, metric, leaves });
  return true;
}

/** A value as it is announced. */
export function entityOf(
  place: Omit<Place, "type">,
  born: Born,
  { suffix, type }: Leaf,
  metric: Metric,
): AnnouncedEntity {
  const name = born.name + suffix;
  const kind = kindOfType(type);
  const entity: AnnouncedEntity = {
    uid: entityUid(place, name),
    name,
    kind,
    source: sourceOf(place, name),
  };
  if (kind === "number" && born.unit !== undefined) entity.unit = born.unit;
  const [low, high] = [numberOf(metric, "engLow"), numberOf(metric, "engHigh")];
  if (kind === "number" && suffix === "" && (low !== undefined || high !== undefined)) {
    entity.range = { ...low === undefined ? {} : { low }, ...high === undefined ? {} : { high } };
  }
  if (type === TYPE.dateTime) entity.deviceClass = "timestamp";
  const isAbout = ABOUT.test(name) || (place.device === null && name.startsWith(CONTROL));
  if (isAbout) entity.diagnostic = true;
  const order = suffix === "" && !ABOUT.test(name) ? orderOf(place, name, type, metric) : undefined;
  if (order !== undefined) entity.order = order;
  return entity;
}

function sourceOf({ group, node, device }: Omit<Place, "type">, metric: string): EntitySource {
  return { group, node, device, metric };
}

/**
 * How a metric is written: Sparkplug does not say which ones can be. Booleans and numbers with limits are taken to
 * be, unless the property `readOnly` says otherwise.
 */
function orderOf(
  place: Omit<Place, "type">,
  name: string,
  type: number,
  metric: Metric,
): OrderSpec | undefined {
  if (truthOf(metric, "readOnly") === true || truthOf(metric, "writable") === false) {
    return undefined;
  }
  if (type === TYPE.boolean) return { kind: "switch", way: wayOf(place, name, type) };
  const [min, max] = [numberOf(metric, "engLow"), numberOf(metric, "engHigh")];
  if (type === TYPE.dateTime || kindOfType(type) !== "number") return undefined;
  if (min === undefined || max === undefined || !(min < max)) return undefined;
  const spec: OrderSpec = { kind: "number", min, max, way: wayOf(place, name, type) };
  return isWhole(type) ? { ...spec, step: 1 } : spec;
}

function button(place: Place, name: string): AnnouncedEntity {
  return {
    uid: entityUid(place, name),
    name: name.slice(CONTROL.length),
    kind: null,
    diagnostic: true,
    order: { kind: "button", way: wayOf(place, name, TYPE.boolean) },
    source: sourceOf(place, name),
  };
}

function wayOf({ group, node, device }: Omit<Place, "type">, name: string, type: number) {
  const topic = commandTopic(group, node, device);
  return { dialect: "sparkplug", to: { topic, name, type } };
}

function aboutOf(place: Place, metrics: readonly Metric[]): AnnouncedDevice {
  const { group, node, device } = place;
  const about: AnnouncedDevice = device === null
    ? { uid: deviceUid(place), name: node, area: group }
    : {
      ...{ uid: deviceUid(place), name: device, area: `${group}/${node}` },
      via: deviceUid({ group, node, device: null }),
    };
  for (const { name, value } of metrics) {
    if (name === undefined || value?.in !== "string" || !ABOUT.test(name)) continue;
    const key = FACTS[name.slice(name.indexOf("/") + 1).toLowerCase().replaceAll("_", " ")];
    if (key !== undefined && value.value !== "") about[key] = value.value.slice(0, 128);
  }
  return about;
}

/** Names under which nodes say what they are. */
const FACTS: Readonly<
  Record<string, "manufacturer" | "model" | "serial" | "hardware" | "software" | undefined>
> = {
  "hardware make": "manufacturer",
  "manufacturer": "manufacturer",
  "make": "manufacturer",
  "hardware model": "model",
  "model": "model",
  "serial number": "serial",
  "serial": "serial",
  "hardware version": "hardware",
  "hw version": "hardware",
  "firmware version": "software",
  "fw version": "software",
  "software version": "software",
  "fw": "software",
};

function propertyOf({ properties }: Metric, ...keys: string[]): Property | undefined {
  for (const key of keys) {
    const found = properties?.get(key);
    if (found !== undefined) return found;
  }
}

function textOf(metric: Metric, ...keys: string[]): string | undefined {
  const value = propertyOf(metric, ...keys)?.value;
  if (value?.in !== "string" || value.value.trim() === "") return undefined;
  return value.value.trim().slice(0, UNIT_CHARS_MOST);
}

/** A property that is a number; whole ones are signed. */
export function numberOf(metric: Metric, key: string): number | undefined {
  const value = propertyOf(metric, key)?.value;
  if (value === undefined) return undefined;
  if (value.in === "int") return value.value | 0;
  if (value.in === "long") return Number(BigInt.asIntN(64, BigInt(value.value)));
  if (value.in === "float") return widened(value.value);
  if (value.in === "double" && Number.isFinite(value.value)) return value.value;
}

function truthOf(metric: Metric, key: string): boolean | undefined {
  const value = propertyOf(metric, key, key[0].toUpperCase() + key.slice(1))?.value;
  return value?.in === "boolean" ? value.value : undefined;
}
