import { addReject, type Decoded, type Draft } from "../../../readings/reading.ts";
import type { DeviceDirectory, DeviceMessage } from "../device.ts";
import type { Availabilities } from "./availabilities.ts";
import { Content, STATE_BYTES_MOST } from "./content.ts";
import type { Entities, Entity } from "./entities.ts";
import { readState, type State } from "./states.ts";

export interface OwnedDeps {
  directory: DeviceDirectory;
  entities: Entities;
  availabilities: Availabilities;
}

/** Messages of topics that discovered entities have. */
export class OwnedTopics {
  constructor(private readonly deps: OwnedDeps) {}

  /** Whether a discovered entity has something to do with the topic. */
  has(topic: string): boolean {
    return this.#ownerOf(topic) !== undefined;
  }

  /** Null: the topic is no entity's of this dialect. */
  decode({ topic, payload }: DeviceMessage, dialect: string): Decoded | null {
    if (this.#ownerOf(topic)?.dialect !== dialect) return null;
    const { entities, availabilities } = this.deps;
    const out: Decoded = { drafts: [], rejects: [] };
    const content = new Content(payload);
    const readers = entities.ofTopic(topic);
    if (payload.length > STATE_BYTES_MOST) {
      if (readers.length > 0) {
        addReject(out, {
          code: "too_large",
          message: `the payload has more than ${STATE_BYTES_MOST} bytes`,
        });
      }
      return out;
    }
    availabilities.heard(topic, content);
    // An empty one is how a kept message is cleared.
    if (!content.isEmpty) { for (const entity of readers) this.#read(out, entity, content); }
    return out;
  }

  /** Topics that entities of a dialect need. */
  *topics(dialect: string): Iterable<string> {
    for (const [topic, own] of this.deps.entities.topics()) if (own === dialect) yield topic;
    for (const [topic, own] of this.deps.availabilities.topics()) if (own === dialect) yield topic;
  }

  #ownerOf(topic: string): Entity | undefined {
    const { entities, availabilities } = this.deps;
    return entities.ofTopic(topic)[0] ?? availabilities.at(topic) ?? entities.quietAt(topic);
  }

  #read(out: Decoded, entity: Entity, content: Content): void {
    const { reader, announced, dialect } = entity;
    if (reader === null) return;
    const { directory } = this.deps;
    const sensor = entity.waits ? null : directory.sensorOf(entity.uid);
    // Switched off, or not taken: what it says does not matter.
    if (sensor === null && !entity.waits) return;
    const state = readState(reader, content);
    if (state === null) return;
    if ("note" in state) return directory.note(dialect, state.note);
    if ("reject" in state) {
      const { code, message } = state.reject;
      return addReject(out, {
        code,
        message: `${announced.name ?? entity.device.name}: ${message}`,
      });
    }
    if (entity.waits) this.#decide(entity, state);
    const name = sensor ?? directory.sensorOf(entity.uid);
    if (name === null) return;
    const draft: Draft = { sensor: name, value: state.value };
    if (state.word !== undefined) draft.word = state.word;
    if (announced.kind === "number" && announced.unit !== undefined) draft.unit = announced.unit;
    out.drafts.push(draft);
  }

  /** The first value of an entity of which nothing said whether it is a number. */
  #decide(entity: Entity, { value }: Extract<State, { value: unknown }>): void {
    entity.waits = false;
    const kind = typeof value === "number" ? "number" : "text";
    entity.announced.kind = kind;
    if (entity.reader !== null) entity.reader.as = kind;
    this.deps.directory.announce(entity.dialect, entity.device, [entity.announced]);
    this.deps.availabilities.tell(entity);
  }
}
