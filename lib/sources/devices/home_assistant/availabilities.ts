import type { DeviceDirectory } from "../device.ts";
import type { Content } from "./content.ts";
import type { Entities, Entity } from "./entities.ts";
import type { Availability } from "./plan.ts";
import { isAlike, renderedBy } from "./states.ts";
import { readTemplate, type Template } from "./template/template.ts";

/** Entities that are there or not by the same topics. */
interface Group {
  signature: string;
  mode: Availability["mode"];
  topics: (Availability["topics"][number] & { compiled: Template | null })[];
  /** What each topic said last, by its place among them. */
  said: (boolean | null)[];
  members: Set<Entity>;
  available: boolean | null;
}

/** Which discovered entities can be reached, by what their topics say. */
export class Availabilities {
  readonly #groups = new Map<string, Group>();
  readonly #byTopic = new Map<string, Set<Group>>();
  readonly #ofEntity = new Map<string, Group>();

  constructor(
    private readonly entities: Pick<Entities, "ofDevice">,
    private readonly directory: Pick<DeviceDirectory, "setAvailable">,
  ) {}

  /** An entity whose topics say whether it is there; the one of that id before is forgotten. */
  put(entity: Entity): void {
    const { availability } = entity.plan;
    // Joined before the one before is left: what its topics said is not forgotten.
    const group = availability === undefined ? null : this.#groupOf(availability);
    group?.members.add(entity);
    this.#leave(entity.uid, entity);
    if (group !== null) this.#ofEntity.set(entity.uid, group);
  }

  remove(uid: string): void {
    this.#leave(uid, null);
  }

  #leave(uid: string, but: Entity | null): void {
    const group = this.#ofEntity.get(uid);
    if (group === undefined) return;
    this.#ofEntity.delete(uid);
    for (const member of group.members) {
      if (member.uid === uid && member !== but) group.members.delete(member);
    }
    if (group.members.size > 0) return;
    this.#groups.delete(group.signature);
    for (const { topic } of group.topics) {
      const there = this.#byTopic.get(topic);
      there?.delete(group);
      if (there?.size === 0) this.#byTopic.delete(topic);
    }
  }

  /** One of the entities that a topic is about. */
  at(topic: string): Entity | undefined {
    const [group] = this.#byTopic.get(topic) ?? [];
    const [entity] = group?.members ?? [];
    return entity;
  }

  topics(): Iterable<[topic: string, dialect: string]> {
    const of = (topic: string): [string, string] => [topic, this.at(topic)?.dialect ?? ""];
    return [...this.#byTopic.keys()].map(of);
  }

  /** Tells the directory what is known of an entity: it was announced just now. */
  tell(entity: Entity): void {
    const available = this.#ofEntity.get(entity.uid)?.available ?? null;
    if (available === null) return;
    this.directory.setAvailable(entity.uid, available);
    this.#tellDevice(entity.device.uid);
  }

  /** A message of a topic that says whether something is there. */
  heard(topic: string, content: Content): void {
    for (const group of this.#byTopic.get(topic) ?? []) {
      const now = heardBy(group, topic, content);
      if (now === null || now === group.available) continue;
      group.available = now;
      const devices = new Set<string>();
      for (const { uid, device } of group.members) {
        this.directory.setAvailable(uid, now);
        devices.add(device.uid);
      }
      for (const device of devices) this.#tellDevice(device);
    }
  }

  /** A device is away when everything of it is. */
  #tellDevice(uid: string): void {
    let isThere = false;
    for (const entity of this.entities.ofDevice(uid)) {
      if (this.#ofEntity.get(entity.uid)?.available !== false) isThere = true;
    }
    this.directory.setAvailable(uid, isThere);
  }

  #groupOf({ mode, topics }: Availability): Group {
    const signature = JSON.stringify([mode, topics]);
    const known = this.#groups.get(signature);
    if (known !== undefined) return known;
    const group: Group = {
      ...{ signature, mode },
      topics: topics.map((one) => ({
        ...one,
        compiled: one.template === undefined ? null : readTemplate(one.template),
      })),
      said: topics.map(() => null),
      members: new Set(),
      available: null,
    };
    this.#groups.set(signature, group);
    for (const { topic } of topics) {
      const there = this.#byTopic.get(topic);
      if (there === undefined) this.#byTopic.set(topic, new Set([group]));
      else there.add(group);
    }
    return group;
  }
}

/** Whether the group is there after this message; null: that is not known, or the message says nothing. */
function heardBy(group: Group, topic: string, content: Content): boolean | null {
  const { text } = content;
  if (text === null) return null;
  let latest: boolean | null = null;
  group.topics.forEach(({ topic: own, on, off, compiled }, at) => {
    if (own !== topic) return;
    const rendered = compiled === null ? { text } : renderedBy(compiled, content, text);
    if (!("text" in rendered)) return;
    const isOn = isAlike(rendered.text, on);
    if (!isOn && !isAlike(rendered.text, off)) return;
    group.said[at] = latest = isOn;
  });
  if (latest === null) return null;
  switch (group.mode) {
    case "latest":
      return latest;
    case "all":
      return group.said.includes(false) ? false : group.said.includes(null) ? null : true;
    case "any":
      return group.said.includes(true) ? true : group.said.includes(null) ? null : false;
  }
}
