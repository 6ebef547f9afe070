import { addReject, type Decoded } from "../../../readings/reading.ts";
import type { AnnouncedDevice, AnnouncedEntity, DeviceDirectory, DialectDeps } from "../device.ts";
import { type Config, isConfig } from "./abbreviations.ts";
import { type About, clean } from "./about.ts";
import type { Adoption, Adoptions } from "./adoptions.ts";
import type { Availabilities } from "./availabilities.ts";
import type { Place } from "./common.ts";
import { type Found } from "./components.ts";
import { type Announcement, announcementOf, readConfig } from "./config.ts";
import { type Entities, ENTITIES_MOST, type Entity, entityOf } from "./entities.ts";
import { contentHash } from "./hash.ts";
import { Identities } from "./identities.ts";
import type { Plan } from "./plan.ts";
import { readTemplate } from "./template/template.ts";

export interface DiscoveryDeps {
  directory: DeviceDirectory;
  entities: Entities;
  availabilities: Availabilities;
  adoptions: Adoptions;
  plainName: DialectDeps["plainName"];
}

/** Configurations that wait until another one is taken back. */
const WAITING_MOST = 1_000;
const HASHES_MOST = 50_000;

/** Takes in configurations. */
export class Discovery {
  readonly #identities = new Identities();
  /** Of each configuration that was taken as it is: the same again costs nothing. */
  readonly #hashes = new Map<string, number>();
  /** Topics that hand over what they announced to another one. */
  readonly #migrating = new Set<string>();
  readonly #waiting = new Map<string, { place: Place; about: About; found: Found }>();

  constructor(private readonly deps: DiscoveryDeps) {}

  /** A message of a discovery topic. */
  heard(place: Place, payload: Uint8Array): Decoded {
    const out: Decoded = { drafts: [], rejects: [] };
    if (payload.length === 0) {
      this.#takenBack(place.key);
      return out;
    }
    const hash = contentHash(payload);
    if (this.#hashes.get(place.key) === hash) return out;
    const config = readConfig(payload);
    if ("code" in config) {
      addReject(out, config as Decoded["rejects"][number]);
      return out;
    }
    if (isOwn(config)) return out;
    if (isMigration(config)) {
      this.#migrating.add(place.key);
      this.#hashes.delete(place.key);
      return out;
    }
    this.#migrating.delete(place.key);
    const announcement = announcementOf(place, config);
    for (const reject of announcement.rejects) addReject(out, reject);
    const whole = this.#take(place, announcement) && announcement.rejects.length === 0;
    if (whole && this.#hashes.size < HASHES_MOST) this.#hashes.set(place.key, hash);
    else this.#hashes.delete(place.key);
    return out;
  }

  restore(device: AnnouncedDevice, announced: AnnouncedEntity, dialect: string): void {
    const plan = announced.source as unknown as Plan;
    this.#identities.restored(device, dialect);
    this.#identities.put(plan, device.uid, announced.uid);
    this.#put(entityOf({ plan, device, announced, dialect, waits: false }));
  }

  /** False: something of it was not taken. */
  #take(place: Place, { about, found, removed, rejects }: Announcement): boolean {
    // One that cannot be read takes nothing back.
    if (found.length > 0 || rejects.length === 0) this.#retireMissing(place, found, removed);
    const free = found.filter((one) => this.#isFree(place, about, one, found));
    let room = ENTITIES_MOST - this.deps.entities.size;
    const taken = free.filter(({ plan }) => this.#isThere(plan) || room-- > 0);
    if (taken.length < free.length) {
      this.deps.directory.note(
        about.dialect,
        `more than ${ENTITIES_MOST} entities: some were not taken`,
      );
    }
    this.#announce(about, taken);
    return taken.length === found.length;
  }

  #isThere(plan: Plan): boolean {
    const uid = this.#identities.uidOf(plan);
    return uid !== undefined && this.deps.entities.get(uid) !== undefined;
  }

  #announce(about: About, found: readonly Found[]): void {
    if (found.length === 0) return;
    const { directory, availabilities } = this.deps;
    const adopted = new Map<Found, Adoption>();
    for (const one of found) {
      const adoption = this.#adoption(one);
      if (adoption !== null) adopted.set(one, adoption);
    }
    const [first] = adopted.values();
    const device = this.#deviceOf(about, found[0], first?.deviceUid);
    const dialect = this.#identities.dialectOf(device.uid, about.dialect);
    const put = found.map((one) => this.#entity(one, device, dialect, adopted.get(one)));
    const ready = put.filter(({ waits }) => !waits);
    directory.announce(dialect, device, ready.map(({ announced }) => announced));
    for (const { announced, reader } of ready) {
      const why = reader?.compiled?.unsupported ?? null;
      if (why === null) continue;
      const name = announced.name ?? device.name;
      directory.note(dialect, `unsupported template of ${device.name}, ${name}: ${why}`);
    }
    for (const entity of put) availabilities.tell(entity);
    directory.topicsChanged();
  }

  #adoption({ plan }: Found): Adoption | null {
    if (this.#identities.uidOf(plan) !== undefined) return null;
    return this.deps.adoptions.of(plan, pathOf(plan));
  }

  #entity(
    { plan: said, entity }: Found,
    device: AnnouncedDevice,
    dialect: string,
    adoption: Adoption | undefined,
  ): Entity {
    const sensor = this.#plainName(said);
    // Its own dialect reads it, with time and sequence number.
    const plan = sensor === null ? said : { ...said, read: undefined };
    const uid = this.#identities.uidOf(plan) ?? adoption?.entityUid ?? `ha:${plan.unique}`;
    const before = this.deps.entities.get(uid);
    adoption?.taken?.();
    this.#identities.put(plan, device.uid, uid);
    // What its first value said stays.
    const isOpen = plan.read?.as === "auto";
    const wasFound = before !== undefined && !before.waits;
    const kind = !isOpen
      ? entity.kind
      : wasFound
      ? before.announced.kind
      : adoption?.kind ?? entity.kind;
    const announced = clean({
      ...entity,
      kind,
      uid,
      sensor: sensor ?? undefined,
      source: clean({ ...plan }),
    }) as AnnouncedEntity;
    const waits = isOpen && !wasFound && adoption?.kind === undefined;
    const known = entityOf({ plan, device, announced, dialect, waits });
    this.#put(known);
    return known;
  }

  #plainName({ read }: Plan): string | null {
    if (read === undefined) return null;
    const path = read.template === undefined ? null : readTemplate(read.template).path;
    // What has to be worked out from the payload is no plain value.
    if (read.template !== undefined && path === null) return null;
    return this.deps.plainName(read.topic, path);
  }

  #put(entity: Entity): void {
    this.deps.entities.put(entity);
    this.deps.availabilities.put(entity);
  }

  #deviceOf(about: About, { plan, entity }: Found, adopted?: string): AnnouncedDevice {
    if (about.device === null) {
      const name = entity.name ?? plan.key;
      return this.#identities.described(adopted ?? `ha:${plan.unique}`, { name });
    }
    const uid = this.#identities.deviceOf(about.keys, adopted);
    const { via, ...said } = about.device;
    const reached = via === undefined ? {} : { via: this.#identities.deviceOf([via]) };
    return this.#identities.described(uid, { ...said, ...reached });
  }

  /** Whether an entity is not another configuration's. */
  #isFree(place: Place, about: About, one: Found, all: readonly Found[]): boolean {
    const { plan } = one;
    if (all.find((other) => other.plan.unique === plan.unique) !== one) {
      const uid = this.#identities.uidOf(plan) ?? `ha:${plan.unique}`;
      const name = about.device?.name ?? place.key;
      this.deps.directory.clash(uid, name, `${name} (${plan.component ?? place.key})`);
      return false;
    }
    const uid = this.#identities.uidOf(plan);
    const owner = uid === undefined ? undefined : this.deps.entities.get(uid);
    if (owner === undefined || owner.plan.key === place.key) return true;
    if (this.#migrating.has(owner.plan.key)) return true;
    if (this.#waiting.size < WAITING_MOST) {
      this.#waiting.set(owner.uid, { place, about, found: one });
    }
    const other = about.device?.name ?? one.entity.name ?? place.key;
    const isOne = owner.device.name === other;
    this.deps.directory.clash(
      owner.uid,
      isOne ? `${owner.device.name} (${owner.plan.key})` : owner.device.name,
      isOne ? `${other} (${place.key})` : other,
    );
    return false;
  }

  /** What the configuration announced before and does not any more; of a whole device only what it says itself. */
  #retireMissing(place: Place, found: readonly Found[], removed: readonly string[]): void {
    const present = new Set(found.map(({ plan }) => plan.unique));
    const components = new Set(found.map(({ plan }) => plan.component));
    for (const { uid, plan } of this.deps.entities.ofKey(place.key)) {
      if (present.has(plan.unique)) continue;
      const isGone = plan.component === undefined || removed.includes(plan.component) ||
        components.has(plan.component);
      if (isGone) this.#retire(uid);
    }
  }

  #takenBack(key: string): void {
    this.#hashes.delete(key);
    this.#migrating.delete(key);
    for (const [uid, { place }] of this.#waiting) if (place.key === key) this.#waiting.delete(uid);
    for (const { uid } of this.deps.entities.ofKey(key)) this.#retire(uid);
  }

  #retire(uid: string): void {
    const { directory, entities, availabilities } = this.deps;
    entities.remove(uid);
    availabilities.remove(uid);
    directory.retire(uid);
    const next = this.#waiting.get(uid);
    if (next === undefined) return;
    this.#waiting.delete(uid);
    this.#announce(next.about, [next.found]);
  }
}

/** What Perch tells Home Assistant of itself. */
function isOwn({ origin }: Config): boolean {
  return isConfig(origin) && origin.name === "Perch";
}

function isMigration(config: Config): boolean {
  return config.migrate_discovery === true;
}

function pathOf({ read }: Plan): readonly (string | number)[] | null {
  return read?.template === undefined ? null : readTemplate(read.template).path;
}
