import { matches } from "../../codecs/filters.ts";
import type { AnnouncedDevice, AnnouncedEntity } from "../device.ts";
import type { Plan } from "./plan.ts";
import { type StateReader, stateReader } from "./states.ts";

/** A discovered entity, as it stands in memory. */
export interface Entity {
  uid: string;
  plan: Plan;
  device: AnnouncedDevice;
  /** As the directory knows it, or will. */
  announced: AnnouncedEntity;
  /** Its dialect: `home_assistant`, `zigbee2mqtt`, `esphome`. */
  dialect: string;
  /** Null: nothing is read of it. */
  reader: StateReader | null;
  /** Whether its kind waits for its first value; it has no sensor until then. */
  waits: boolean;
}

export function entityOf(of: Omit<Entity, "reader" | "uid">): Entity {
  const { read } = of.plan;
  const reader = read === undefined ? null : stateReader(read);
  const entity = { ...of, uid: of.announced.uid, reader };
  if (reader?.as === "auto" && !of.waits) reader.as = of.announced.kind ?? "text";
  return entity;
}

/** Most entities that are known at a time. */
export const ENTITIES_MOST = 20_000;
/** Topics of which is remembered what they are about, while some have a `+` or `#`. */
const MATCHED_MOST = 10_000;
const NONE: readonly never[] = [];

/** Discovered entities by everything that a message may ask for. */
export class Entities {
  readonly #byUid = new Map<string, Entity>();
  readonly #byKey = new Map<string, Set<Entity>>();
  readonly #byDevice = new Map<string, Set<Entity>>();
  readonly #byTopic = new Map<string, Entity[]>();
  /** Those of them whose topic has a `+` or `#`, and which of them a topic is about. */
  readonly #filters = new Set<string>();
  readonly #matched = new Map<string, readonly Entity[]>();
  readonly #quiet = new Map<string, Set<Entity>>();

  get size(): number {
    return this.#byUid.size;
  }

  get(uid: string): Entity | undefined {
    return this.#byUid.get(uid);
  }

  /** Those that one configuration announced. */
  ofKey(key: string): Entity[] {
    return [...this.#byKey.get(key) ?? NONE];
  }

  ofDevice(uid: string): Iterable<Entity> {
    return this.#byDevice.get(uid) ?? NONE;
  }

  /** Those whose state comes under a topic. */
  ofTopic(topic: string): readonly Entity[] {
    if (this.#filters.size === 0) return this.#byTopic.get(topic) ?? NONE;
    let found = this.#matched.get(topic);
    if (found === undefined) {
      found = this.#find(topic);
      if (this.#matched.size >= MATCHED_MOST) this.#matched.clear();
      this.#matched.set(topic, found);
    }
    return found;
  }

  #find(topic: string): Entity[] {
    const found = [...this.#byTopic.get(topic) ?? NONE];
    for (const filter of this.#filters) {
      if (filter !== topic && matches(filter, topic)) {
        found.push(...this.#byTopic.get(filter) ?? NONE);
      }
    }
    return found;
  }

  /** One of those that say of a topic that nothing is read from it. */
  quietAt(topic: string): Entity | undefined {
    const [first] = this.#quiet.get(topic) ?? NONE;
    return first;
  }

  /** Topics of states, each once, with the dialect that reads them. */
  *topics(): Iterable<[topic: string, dialect: string]> {
    for (const [topic, [first]] of this.#byTopic) yield [topic, first.dialect];
  }

  put(entity: Entity): void {
    this.remove(entity.uid);
    const { uid, plan, device, reader } = entity;
    this.#byUid.set(uid, entity);
    addTo(this.#byKey, plan.key, entity);
    addTo(this.#byDevice, device.uid, entity);
    for (const topic of plan.quiet ?? NONE) addTo(this.#quiet, topic, entity);
    if (reader === null) return;
    this.#matched.clear();
    if (/[+#]/.test(reader.topic)) this.#filters.add(reader.topic);
    const there = this.#byTopic.get(reader.topic);
    if (there === undefined) this.#byTopic.set(reader.topic, [entity]);
    else there.push(entity);
  }

  remove(uid: string): void {
    const entity = this.#byUid.get(uid);
    if (entity === undefined) return;
    const { plan, device, reader } = entity;
    this.#byUid.delete(uid);
    removeFrom(this.#byKey, plan.key, entity);
    removeFrom(this.#byDevice, device.uid, entity);
    for (const topic of plan.quiet ?? NONE) removeFrom(this.#quiet, topic, entity);
    if (reader === null) return;
    this.#matched.clear();
    const there = this.#byTopic.get(reader.topic) ?? NONE;
    const left = there.filter((one) => one !== entity);
    if (left.length === 0) {
      this.#byTopic.delete(reader.topic);
      this.#filters.delete(reader.topic);
    } else this.#byTopic.set(reader.topic, left);
  }
}

function addTo(map: Map<string, Set<Entity>>, key: string, entity: Entity): void {
  const there = map.get(key);
  if (there === undefined) map.set(key, new Set([entity]));
  else there.add(entity);
}

function removeFrom(map: Map<string, Set<Entity>>, key: string, entity: Entity): void {
  const there = map.get(key);
  there?.delete(entity);
  if (there?.size === 0) map.delete(key);
}
