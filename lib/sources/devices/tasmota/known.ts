/** Tasmota devices as they are known: by discovery, or by their topics until it comes. */
import type { Decoded } from "../../../readings/reading.ts";
import { shown } from "../../dialects/dialect.ts";
import type { DeviceDirectory } from "../device.ts";
import type { Book, Noted, Value } from "../kit/book.ts";
import { isObject, type Json, nothing, readObject, readText, refused } from "../kit/content.ts";
import { configOf, type Source, TASMOTA, USUAL } from "./discovery.ts";
import type { Guessed, Layout, Role } from "./layout.ts";
import { aboutSensor } from "./quantities.ts";
import { aboutRelay } from "./relays.ts";
import { sensorValues } from "./values.ts";

/** Reachability and lists of sensors of devices that are not known yet. */
const WAITING_MOST = 1_000;

/** What a topic of a known device says. */
export interface Place {
  device: Noted;
  role: Role;
  /** `SENSOR`, `POWER1`. */
  what: string;
  /** A level between the two: the address of a Zigbee device. */
  sub: string | null;
}

export const sourceOf = (device: Noted) => device.source as unknown as Source;

export class KnownTasmotas {
  readonly #book: Book;
  readonly #directory: DeviceDirectory;
  /** By the beginning of their topics. */
  readonly #routes = new Map<string, { device: Noted; role: Role }>();
  readonly #byMac = new Map<string, Noted>();
  /** By the beginning of their topics: what LWT said before the device was known. */
  readonly #lastWills = new Map<string, string>();
  /** By MAC: lists of sensors that came before the device itself. */
  readonly #lists = new Map<string, Value[]>();

  constructor(book: Book, directory: DeviceDirectory) {
    this.#book = book;
    this.#directory = directory;
  }

  /** The device whose topic it is; null: none that is known. */
  placeOf(topic: string): Place | null {
    const end = topic.lastIndexOf("/");
    if (end < 1) return null;
    const here = this.#routes.get(topic.slice(0, end + 1));
    const what = topic.slice(end + 1);
    if (here !== undefined) return { ...here, what, sub: null };
    const before = topic.lastIndexOf("/", end - 1);
    const above = before < 1 ? undefined : this.#routes.get(topic.slice(0, before + 1));
    return above === undefined ? null : { ...above, what, sub: topic.slice(before + 1, end) };
  }

  route(device: Noted): void {
    const { layout, mac } = sourceOf(device);
    for (const role of ["tele", "stat", "cmnd"] as const) {
      this.#routes.set(layout[role], { device, role });
    }
    if (mac !== undefined) this.#byMac.set(mac, device);
  }

  #unroute(device: Noted): void {
    for (const prefix of Object.values(sourceOf(device).layout)) {
      if (this.#routes.get(prefix)?.device === device) this.#routes.delete(prefix);
    }
  }

  /** A device that its topic alone tells of; null: there are too many. */
  guessed({ name, layout }: Guessed): Noted | null {
    const levels = name.split("/");
    const last = levels.pop()!;
    const source = { ...USUAL, layout };
    const device = this.#book.device({
      uid: this.#freeUid(name),
      name: last,
      manufacturer: "Tasmota",
      ...(levels.length > 0 ? { area: levels.join(" ") } : {}),
    }, { ...source });
    if (device !== null) this.route(device);
    return device;
  }

  /** A topic is another device's where the one that had it moved. */
  #freeUid(name: string): string {
    for (let i = 1;; i++) {
      const uid = i === 1 ? `tasmota:${name}` : `tasmota:${name} ${i}`;
      if (this.#book.get(uid) === undefined) return uid;
    }
  }

  /** What LWT says; null where nothing tells that it is Tasmota's. */
  lastWill(device: Noted | null, prefix: string, payload: Uint8Array): Decoded | null {
    const read = readText(payload);
    if (device !== null) return read.answer ?? this.#reachable(device, read.is);
    if (read.answer || read.is !== USUAL.online && read.is !== USUAL.offline) return null;
    const fits = this.#lastWills.size < WAITING_MOST || this.#lastWills.has(prefix);
    if (fits) this.#lastWills.set(prefix, read.is);
    return nothing();
  }

  #reachable(device: Noted, said: string): Decoded {
    const { online, offline, sleeps } = sourceOf(device);
    const available = said === online ? true : said === offline ? false : null;
    if (available === null) {
      return refused("bad_value", `LWT says ${shown(said)}, which is not ${online} or ${offline}`);
    }
    if (available || !sleeps) this.#directory.setAvailable(device.about.uid, available);
    return nothing();
  }

  /** What LWT said before the device was known; once it is announced. */
  reachableAsSaid(device: Noted): void {
    const { layout } = sourceOf(device);
    const said = this.#lastWills.get(layout.tele);
    if (said === undefined) return;
    this.#lastWills.delete(layout.tele);
    this.#reachable(device, said);
  }

  /** `tasmota/discovery/<MAC>/config` and `…/sensors`. */
  discovered(mac: string, kind: string, payload: Uint8Array): Decoded {
    if (payload.length === 0) return this.#takenBack(mac, kind);
    const read = readObject(payload);
    if (read.answer) return read.answer;
    return kind === "config" ? this.#configured(mac, read.is) : this.#listed(mac, read.is);
  }

  #takenBack(mac: string, kind: string): Decoded {
    const device = this.#byMac.get(mac);
    if (kind === "config" && device !== undefined) {
      this.#book.retire(device);
      this.#directory.setAvailable(device.about.uid, false);
    }
    this.#lists.delete(mac);
    return nothing();
  }

  #configured(mac: string, json: Json): Decoded {
    const config = configOf(json, mac);
    if (typeof config === "string") return refused("bad_payload", `discovery: ${config}`);
    const source = { ...config.source };
    const known = this.#byMac.get(mac) ?? this.#withoutMac(source.layout);
    const uid = known?.about.uid ?? `mac:${mac}`;
    const about = { uid, ...config.about, manufacturer: "Tasmota" };
    const device = known ?? this.#book.device(about, source);
    if (device === null) return nothing();
    const here = this.#routes.get(source.layout.tele)?.device;
    if (here !== undefined && here !== device) {
      this.#directory.note(
        TASMOTA,
        `two devices on one topic: ${source.layout.tele.slice(0, 100)}`,
      );
    }
    if (known !== undefined) this.#unroute(known);
    this.#book.change(device, about, source);
    this.route(device);
    const relays = config.relays.map(({ power, number, name, light }) => ({
      ...{ key: `POWER${number}`, json: false, path: [power, name, light ? "light" : "switch"] },
    }));
    this.#book.announce(device, relays, aboutRelay);
    const list = this.#lists.get(mac);
    this.#lists.delete(mac);
    if (list !== undefined) this.#book.announce(device, list, aboutSensor);
    this.reachableAsSaid(device);
    this.#directory.topicsChanged();
    return nothing();
  }

  /** A device at these topics that was known by them alone: it is this one. */
  #withoutMac({ tele }: Layout): Noted | undefined {
    const device = this.#routes.get(tele)?.device;
    return device !== undefined && sourceOf(device).mac === undefined ? device : undefined;
  }

  #listed(mac: string, json: Json): Decoded {
    const values = isObject(json.sn) ? sensorValues(json.sn) : null;
    if (values === null) return refused("bad_payload", "discovery: sn is an object of sensors");
    const device = this.#byMac.get(mac);
    if (device !== undefined) this.#book.announce(device, values, aboutSensor);
    else if (this.#lists.size < WAITING_MOST) this.#lists.set(mac, values);
    return nothing();
  }
}
