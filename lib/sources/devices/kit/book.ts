import { addReject, type Decoded, type Draft } from "../../../readings/reading.ts";
import { isFault, shown } from "../../dialects/dialect.ts";
import { jsonValue, stateOf, type ValueOrFault } from "../../dialects/value.ts";
import type { AnnouncedDevice, AnnouncedEntity, DeviceDirectory } from "../device.ts";
import { isObject } from "./content.ts";
import { chosenNames } from "./names.ts";

/*
 * Devices that announce nothing by themselves, or not all that they send: what comes is announced when it comes first.
 * The book knows what was announced, so that a message costs a look-up for each of its values.
 */

/** A value of a message. */
export interface Value {
  /** Names it at its device for good. */
  key: string;
  json: unknown;
  /** Where it stood in the message. */
  path: readonly string[];
  /** The unit of this value; default the one that was announced. */
  unit?: string;
}

/** What is said of a value when it comes first. */
export type About = Omit<Partial<AnnouncedEntity>, "name"> & {
  /** What people would call it; the next one where that is another's already. Null: it is not kept. */
  names: readonly string[] | null;
  /** What it would be called if there were no other of its kind. */
  alike?: string;
};

/** When it was measured, as the device says. */
export interface Stamp {
  tMs?: number;
  noTime?: string;
  seq?: number;
  /** The way by which it came; the same value that comes by another one soon after is the same reading. */
  way?: string;
}

/** A device of the book. */
export interface Noted {
  about: AnnouncedDevice;
  /** The dialect's own, kept with each entity. */
  source: Record<string, unknown>;
  entities: Map<string, AnnouncedEntity>;
  /** Keys that were looked at and are not kept. */
  ignored: Set<string>;
  latest: Map<string, { way: string; value: unknown; tMs: number }>;
}

export const DEVICES_MOST = 2_000;
export const ENTITIES_MOST = 500;
/** How soon after a value the same one by another way is the same reading. */
const TWICE_MS = 10_000;

export interface Book {
  get(uid: string): Noted | undefined;
  all(): Iterable<Noted>;
  /** The device, made where it is new; null: there are too many. */
  device(about: AnnouncedDevice, source: Record<string, unknown>): Noted | null;
  /** What is known of a device is another thing now: all of it is announced again. */
  change(
    device: Noted,
    about: AnnouncedDevice,
    source: Record<string, unknown>,
    ofEach?: Partial<AnnouncedEntity>,
  ): void;
  /** Announces values without keeping them: a device's list of what it has. */
  announce(device: Noted, values: readonly Value[], describe: Describe): void;
  /** Announces what is new, and turns values into readings. */
  read(
    device: Noted,
    values: readonly Value[],
    describe: Describe,
    at: Stamp & { nowMs: number },
  ): Decoded;
  /** Takes back what a device has; it is announced again when it comes again. */
  retire(device: Noted): void;
  restore(about: AnnouncedDevice, entities: readonly AnnouncedEntity[]): Noted;
}

export type Describe = (value: Value, device: Noted) => About;

/** Creates the book of one dialect. */
export function createBook(dialect: string, directory: DeviceDirectory): Book {
  const devices = new Map<string, Noted>();

  function add(about: AnnouncedDevice, source: Record<string, unknown>): Noted {
    const device: Noted = {
      ...{ about, source, entities: new Map(), ignored: new Set(), latest: new Map() },
    };
    devices.set(about.uid, device);
    return device;
  }

  function announce(device: Noted, values: readonly Value[], describe: Describe): void {
    const fresh: { key: string; about: About & { names: readonly string[] } }[] = [];
    for (const value of values) {
      const { key, json, unit } = value;
      if (device.entities.has(key) || device.ignored.has(key)) continue;
      const about = describe(value, device);
      if (about.names === null) {
        if (device.ignored.size < ENTITIES_MOST) device.ignored.add(key);
        continue;
      }
      if (fresh.some((one) => one.key === key)) continue;
      if (device.entities.size + fresh.length >= ENTITIES_MOST) break;
      const kind = about.kind ?? kindOf(json);
      const stated = kind === "number" && unit !== undefined ? { unit } : {};
      fresh.push({ key, about: { ...stated, ...about, kind, names: about.names } });
    }
    if (fresh.length === 0) return;
    const taken = [...device.entities.values()].map(({ name }) => name ?? "");
    const names = chosenNames(fresh.map(({ about }) => about), taken);
    const entities = fresh.map((
      { key, about: { names: _, alike: __, kind, source, ...about } },
      i,
    ) => ({
      uid: `${device.about.uid}/${key}`,
      name: names[i],
      kind: kind ?? "number",
      ...about,
      source: { ...source, key, device: device.source },
    }));
    for (const [i, entity] of entities.entries()) device.entities.set(fresh[i].key, entity);
    directory.announce(dialect, device.about, entities);
  }

  function isTwice(device: Noted, key: string, value: unknown, way: string, nowMs: number) {
    const latest = device.latest.get(key);
    // By the same way it is the broker that sends it again, or the device that means it again.
    if (latest === undefined) device.latest.set(key, { way, value, tMs: nowMs });
    else if (
      latest.way !== way && latest.value === value && Math.abs(nowMs - latest.tMs) <= TWICE_MS
    ) return true;
    else {
      latest.way = way;
      latest.value = value;
      latest.tMs = nowMs;
    }
    return false;
  }

  return {
    get: (uid) => devices.get(uid),
    all: () => devices.values(),
    device(about, source) {
      const known = devices.get(about.uid);
      if (known !== undefined) return known;
      if (devices.size < DEVICES_MOST) return add(about, source);
      directory.note(dialect, `more than ${DEVICES_MOST} devices: one was not taken`);
      return null;
    },
    change(device, about, source, ofEach = {}) {
      device.about = about;
      device.source = source;
      for (const [key, entity] of device.entities) {
        device.entities.set(key, {
          ...{ ...entity, ...ofEach, source: { ...entity.source, device: source } },
        });
      }
      if (device.entities.size > 0) {
        directory.announce(dialect, about, [...device.entities.values()]);
      }
    },
    announce,
    read(device, values, describe, { nowMs, way, ...stamp }) {
      if (values.some(({ key }) => !device.entities.has(key) && !device.ignored.has(key))) {
        announce(device, values.filter(({ json }) => isValue(json)), describe);
      }
      const out: Decoded = { drafts: [], rejects: [] };
      for (const { key, json, unit } of values) {
        const entity = device.entities.get(key);
        if (entity === undefined && device.ignored.has(key)) continue;
        const found = valueOf(entity?.kind, json);
        if (isFault(found)) {
          const { code, message } = found;
          if (code !== "no_value") addReject(out, { code, message: `${shown(key)}: ${message}` });
          continue;
        }
        if (entity === undefined) continue;
        const { value, word } = found;
        if (way !== undefined && isTwice(device, key, value, way, nowMs)) continue;
        const sensor = directory.sensorOf(entity.uid);
        if (sensor === null) continue;
        // On the path of every reading: nothing is spread that is mostly empty.
        const draft: Draft = { sensor, value };
        if (word !== undefined) draft.word = word;
        const stated = typeof value === "number" ? unit ?? entity.unit : undefined;
        if (stated !== undefined) draft.unit = stated;
        if (stamp.tMs !== undefined) draft.tMs = stamp.tMs;
        if (stamp.noTime !== undefined) draft.noTime = stamp.noTime;
        if (stamp.seq !== undefined) draft.seq = stamp.seq;
        out.drafts.push(draft);
      }
      return out;
    },
    retire(device) {
      for (const { uid } of device.entities.values()) directory.retire(uid);
      device.entities.clear();
      device.latest.clear();
    },
    restore(about, entities) {
      const source = entities[0]?.source.device;
      const device = add(about, isObject(source) ? source : {});
      for (const entity of entities) {
        const { key } = entity.source;
        if (typeof key === "string") device.entities.set(key, entity);
      }
      return device;
    },
  };
}

/** A value by the kind that was announced: 0 and 1 of something on or off are off and on. */
function valueOf(kind: AnnouncedEntity["kind"] | undefined, json: unknown): ValueOrFault {
  if (kind === "text" && typeof json === "string") return stateOf(json.trim(), true);
  const found = jsonValue(json);
  if (isFault(found)) return found;
  const { value } = found;
  if (kind === "number") {
    return typeof value === "string" ? wrong("a number", json) : { value: Number(value) };
  }
  if (kind === "binary" && typeof value !== "boolean") {
    return value === 0 || value === 1 ? { value: value === 1 } : wrong("on or off", json);
  }
  return kind === "text" ? { value: String(value) } : found;
}

function wrong(needed: string, json: unknown) {
  return { code: "bad_value" as const, message: `${shown(json)} is not ${needed}` };
}

/** Whether there is a value in it: not nothing, and no text that says so. */
function isValue(json: unknown): boolean {
  return json !== null && json !== undefined && !isFault(jsonValue(json));
}

function kindOf(json: unknown): AnnouncedEntity["kind"] {
  if (json === null || json === undefined) return "number";
  const found = jsonValue(json);
  if (isFault(found)) return "number";
  const { value } = found;
  return typeof value === "number" ? "number" : typeof value === "boolean" ? "binary" : "text";
}
