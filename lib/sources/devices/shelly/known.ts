/** Shelly devices as they are known: who they are, on which topics, and whether they sleep. */
import type { Decoded } from "../../../readings/reading.ts";
import { shown } from "../../dialects/dialect.ts";
import type { DeviceDirectory } from "../device.ts";
import type { Book, Noted } from "../kit/book.ts";
import { isObject, type Json, nothing, readText, refused } from "../kit/content.ts";
import { sleepOf } from "./gen1.ts";

export const SHELLY = "shelly";
/** Who gives orders; answers go to topics of that name. */
export const CALLER = "perch";

export interface Source {
  generation: 1 | 2;
  /** What its topics begin with, without the slash. */
  prefix: string;
  mac?: string;
  /** It sleeps between its messages: how long, where that is known. */
  sleeps?: { everyMs: number | null };
}

/** An id as it is made at the factory; older ones end in half of the address. */
export const WITH_MAC = /^shelly[\w-]*-([\da-f]{12})$/i;
const WAITING_MOST = 1_000;
/** Who goes back to his old topics so soon is two. */
const BACK_MS = 10 * 60_000;
/** A sleeping device that says nothing of its rhythm is not missed earlier. */
const SLEEP_UNKNOWN_MS = 8 * 3_600_000;
/** It is missed after so many wake-ups. */
const MISSED_WAKE_UPS = 3;

export const sourceOf = (device: Noted) => device.source as unknown as Source;

export class KnownShellies {
  readonly #book: Book;
  readonly #directory: DeviceDirectory;
  readonly #byPrefix = new Map<string, Noted>();
  readonly #byMac = new Map<string, Noted>();
  /** By beginning of their topics: whether devices that are not known yet are online. */
  readonly #online = new Map<string, boolean>();
  /** The topics that a device left, and when. */
  readonly #left = new Map<string, { prefix: string; tMs: number }>();
  /** Topics on which somebody else says to be a device. */
  readonly #seconds = new Map<string, string>();
  /** When a sleeping device woke up by itself last. */
  readonly #woke = new Map<string, number>();

  constructor(book: Book, directory: DeviceDirectory) {
    this.#book = book;
    this.#directory = directory;
  }

  at(prefix: string): Noted | undefined {
    return this.#byPrefix.get(prefix);
  }

  restored(device: Noted): void {
    if (typeof device.source.prefix === "string") this.#route(device);
  }

  /**
   * The device that says to be `id` on these topics, made where it is new; null: there are too many, or another one
   * says to be it on other topics.
   */
  deviceOf(
    generation: 1 | 2,
    { prefix, id, mac: given, nowMs }: { prefix: string; id: string; mac?: string; nowMs: number },
  ): Noted | null {
    const mac = (given ?? WITH_MAC.exec(id)?.[1])?.replaceAll(":", "").toLowerCase();
    const known = this.#knownAs(prefix, mac);
    if (known !== undefined) {
      if (this.#isSecond(known, prefix, nowMs)) return null;
      this.moved(known, prefix, mac);
      return known;
    }
    const name = generation === 2 && prefix !== id ? prefix.replace(/^shellies\//, "") : id;
    const sleepMs = generation === 1 ? sleepOf(id) : null;
    const uid = mac === undefined ? `shelly:${generation === 1 ? id : prefix}` : `mac:${mac}`;
    const about = {
      uid: this.#book.get(uid) === undefined ? uid : `${uid} ${prefix}`,
      name: name.replaceAll("/", " "),
      manufacturer: "Shelly",
      ...(/^shelly/i.test(id) ? { model: id.replace(/-[\da-f]+$/i, "") } : {}),
    };
    const source: Source = {
      generation,
      prefix,
      ...(mac === undefined ? {} : { mac }),
      ...(sleepMs === null ? {} : { sleeps: { everyMs: sleepMs } }),
    };
    const device = this.#book.device(about, { ...source });
    if (device === null) return null;
    this.#route(device);
    this.#directory.topicsChanged();
    return device;
  }

  #knownAs(prefix: string, mac: string | undefined): Noted | undefined {
    const byMac = mac === undefined ? undefined : this.#byMac.get(mac);
    if (byMac !== undefined) return byMac;
    const here = this.#byPrefix.get(prefix);
    // Another device took over the topics of one that is known by its address.
    const isOther = mac !== undefined && here !== undefined && sourceOf(here).mac !== undefined;
    return isOther ? undefined : here;
  }

  /**
   * Whether two devices say to be this one, each on its own topics: one that moved is back where it was at once. The
   * first is heard.
   */
  #isSecond(device: Noted, prefix: string, nowMs: number): boolean {
    const { uid } = device.about;
    const present = sourceOf(device).prefix;
    if (this.#seconds.get(uid) === prefix) {
      for (const entity of device.entities.values()) {
        this.#directory.clash(entity.uid, present, prefix);
        break;
      }
      return true;
    }
    if (present === prefix) return false;
    const left = this.#left.get(uid);
    if (left?.prefix === prefix && nowMs - left.tMs < BACK_MS) this.#seconds.set(uid, present);
    else this.#left.set(uid, { prefix: present, tMs: nowMs });
    return false;
  }

  /** It publishes on other topics now, or its address became known. */
  moved(device: Noted, prefix: string, mac: string | undefined): void {
    const source = sourceOf(device);
    if (source.prefix === prefix && (mac === undefined || source.mac === mac)) return;
    if (this.#byPrefix.get(source.prefix) === device) this.#byPrefix.delete(source.prefix);
    const changed = { ...source, prefix, ...(mac === undefined ? {} : { mac }) };
    this.#book.change(device, device.about, changed);
    this.#route(device);
    this.#directory.topicsChanged();
  }

  /** A component came that has a status topic. */
  topicsChanged(): void {
    this.#directory.topicsChanged();
  }

  #route(device: Noted): void {
    const { prefix, mac } = sourceOf(device);
    this.#byPrefix.set(prefix, device);
    if (mac !== undefined) this.#byMac.set(mac, device);
  }

  /** `<prefix>/online`, which may come before the device is known. */
  online(prefix: string, payload: Uint8Array): Decoded {
    const read = readText(payload);
    if (read.answer) return read.answer;
    const isOnline = read.is === "true" ? true : read.is === "false" ? false : null;
    if (isOnline === null) {
      return refused("bad_value", `online says ${shown(read.is)}, which is not true or false`);
    }
    const device = this.at(prefix);
    if (device !== undefined) this.#setAvailable(device, isOnline);
    else if (this.#online.size < WAITING_MOST || this.#online.has(prefix)) {
      this.#online.set(prefix, isOnline);
    }
    return nothing();
  }

  /** What was said of it before it was known; once it is announced. */
  onlineAsSaid(device: Noted): void {
    if (this.#online.size === 0) return;
    const { prefix } = sourceOf(device);
    const said = this.#online.get(prefix);
    if (said === undefined) return;
    this.#online.delete(prefix);
    this.#setAvailable(device, said);
  }

  /** One that sleeps is not offline when it says so: it says so each time. */
  #setAvailable(device: Noted, isOnline: boolean): void {
    if (isOnline || sourceOf(device).sleeps === undefined) {
      this.#directory.setAvailable(device.about.uid, isOnline);
    }
  }

  /** A battery device says how often it wakes up, or it is seen. */
  slept(device: Noted, sys: Json, tMs: number): void {
    const { wakeup_period: period, wakeup_reason: reason } = sys;
    const said = typeof period === "number" && period > 0 ? period * 1_000 : null;
    const woke = isObject(reason) && reason.boot === "deepsleep_wake";
    if (said === null && !woke) return;
    const source = sourceOf(device);
    const seenMs = woke && reason.cause === "periodic" ? this.#seenMs(device, tMs) : null;
    const everyMs = said ?? seenMs ?? source.sleeps?.everyMs ?? null;
    if (source.sleeps !== undefined && isNear(source.sleeps.everyMs, everyMs)) return;
    const sleeping: Source = { ...source, sleeps: { everyMs } };
    this.#book.change(device, device.about, { ...sleeping }, expiry(sleeping));
  }

  #seenMs(device: Noted, tMs: number): number | null {
    const before = this.#woke.get(device.about.uid);
    this.#woke.set(device.about.uid, tMs);
    const apartMs = before === undefined ? 0 : tMs - before;
    return apartMs >= 60_000 ? apartMs : null;
  }
}

/** When its values are missed: of those that sleep alone. */
export function expiry({ sleeps }: Source): { expireAfterMs?: number } {
  if (sleeps === undefined) return {};
  return { expireAfterMs: (sleeps.everyMs ?? SLEEP_UNKNOWN_MS) * MISSED_WAKE_UPS };
}

/** Wake-ups that were seen differ a little from time to time. */
function isNear(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a === b;
  return Math.abs(a - b) <= a / 5;
}
