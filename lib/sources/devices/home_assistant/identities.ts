import type { AnnouncedDevice } from "../device.ts";
import { clean } from "./about.ts";
import type { Plan } from "./plan.ts";

/** What was taken back is remembered too, so that it is the same when it comes again. */
const KNOWN_MOST = 50_000;

/** Which device and which entity it is that a configuration speaks of. */
export class Identities {
  readonly #devices = new Map<string, string>();
  readonly #entities = new Map<string, string>();
  readonly #dialects = new Map<string, string>();
  readonly #said = new Map<string, Partial<AnnouncedDevice>>();

  /** The device that is known by one of these keys, else by the first of them, or as `otherwise`. */
  deviceOf(keys: readonly string[], otherwise?: string): string {
    const uid = this.#known(keys) ?? otherwise ?? keys[0];
    this.#remember(keys, uid);
    return uid;
  }

  #known(keys: readonly string[]): string | undefined {
    for (const key of keys) {
      const uid = this.#devices.get(key);
      if (uid !== undefined) return uid;
    }
    return undefined;
  }

  /** The id under which an entity is known. */
  uidOf({ unique }: Plan): string | undefined {
    return this.#entities.get(unique);
  }

  put({ unique, keys }: Plan, deviceUid: string, uid: string): void {
    if (this.#entities.size < KNOWN_MOST) this.#entities.set(unique, uid);
    this.#remember(keys, deviceUid);
  }

  /** A device as all its configurations describe it: many say no more than which one it is. */
  described(uid: string, said: Partial<AnnouncedDevice>): AnnouncedDevice {
    const all = { ...this.#said.get(uid), ...said };
    if (this.#said.size < KNOWN_MOST) this.#said.set(uid, all);
    const name = all.name ?? all.model ?? uid.slice(uid.indexOf(":") + 1);
    return clean({ ...all, uid, name });
  }

  restored(device: AnnouncedDevice, dialect: string): void {
    this.#said.set(device.uid, device);
    this.#dialects.set(device.uid, dialect);
  }

  #remember(keys: readonly string[], uid: string): void {
    for (const key of keys) {
      if (!this.#devices.has(key) && this.#devices.size < KNOWN_MOST) this.#devices.set(key, uid);
    }
  }

  /** The dialect of a device: that of a program which named itself stays. */
  dialectOf(deviceUid: string, said: string): string {
    const known = this.#dialects.get(deviceUid);
    const dialect = known === undefined || known === "home_assistant" ? said : known;
    this.#dialects.set(deviceUid, dialect);
    return dialect;
  }
}
