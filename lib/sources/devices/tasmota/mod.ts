import type { Decoded } from "../../../readings/reading.ts";
import { addReject } from "../../../readings/reading.ts";
import type { DeviceDialect, DeviceMessage, DialectDeps } from "../device.ts";
import { type About, createBook, type Noted, type Value } from "../kit/book.ts";
import {
  isObject,
  type Json,
  nothing,
  readObject,
  readText,
  refused,
  textIn,
} from "../kit/content.ts";
import { shown } from "../../dialects/dialect.ts";
import { configOf, type Source, USUAL } from "./discovery.ts";
import { guessedOf, type Layout, placesOf, type Role } from "./layout.ts";
import { aboutSensor, STATE_VALUES } from "./quantities.ts";
import { sensorValues, stampOf, stateValues } from "./values.ts";
import { createZigbee } from "./zigbee.ts";

export const TASMOTA = "tasmota";

/** Reachability and lists of sensors of devices that are not known yet. */
const WAITING_MOST = 1_000;
const DISCOVERY = /^tasmota\/discovery\/([\da-f]{12})\/(config|sensors)$/i;
/** What else Tasmota says, of a device that is not known: at its start, when asked, when a key is pressed. */
const SAID_ONCE =
  /^(?:INFO\d|STATUS\d*|RESULT|UPTIME|MARGINS|WAKEUP|HASS_STATE|(?:BUTTON|SWITCH)\w*)$/;
const POWER = /^POWER(\d{0,2})$/;

/**
 * Tasmota. Who it is and where it publishes is said by its discovery; without it the topic names the device, until
 * discovery comes. What is sent as a list of sensors is never a reading.
 */
export function createTasmota({ directory }: DialectDeps): DeviceDialect {
  const book = createBook(TASMOTA, directory);
  const zigbee = createZigbee(book);
  /** By the beginning of their topics. */
  const routes = new Map<string, { device: Noted; role: Role }>();
  const byMac = new Map<string, Noted>();
  /** By the beginning of their topics: what LWT said before the device was known. */
  const lastWills = new Map<string, string>();
  /** By MAC: lists of sensors that came before the device itself. */
  const lists = new Map<string, Value[]>();

  const sourceOf = (device: Noted) => device.source as unknown as Source;

  function route(device: Noted): void {
    const { layout, mac } = sourceOf(device);
    for (const role of ["tele", "stat", "cmnd"] as const) {
      routes.set(layout[role], { device, role });
    }
    if (mac !== undefined) byMac.set(mac, device);
  }

  function unroute(device: Noted): void {
    for (const prefix of Object.values(sourceOf(device).layout)) {
      if (routes.get(prefix)?.device === device) routes.delete(prefix);
    }
  }

  function lastWillOf(device: Noted): void {
    const { layout } = sourceOf(device);
    const said = lastWills.get(layout.tele);
    if (said === undefined) return;
    lastWills.delete(layout.tele);
    reachable(device, said);
  }

  function reachable(device: Noted, said: string): Decoded {
    const { online, offline, sleeps } = sourceOf(device);
    const available = said === online ? true : said === offline ? false : null;
    if (available === null) {
      return refused("bad_value", `LWT says ${shown(said)}, which is not ${online} or ${offline}`);
    }
    if (available || !sleeps) directory.setAvailable(device.about.uid, available);
    return nothing();
  }

  function discovered(mac: string, kind: string, payload: Uint8Array): Decoded {
    if (payload.length === 0) {
      const device = byMac.get(mac);
      if (kind === "config" && device !== undefined) {
        book.retire(device);
        directory.setAvailable(device.about.uid, false);
      }
      lists.delete(mac);
      return nothing();
    }
    const read = readObject(payload);
    if (read.answer) return read.answer;
    return kind === "config" ? configured(mac, read.is) : listed(mac, read.is);
  }

  function configured(mac: string, json: Json): Decoded {
    const config = configOf(json, mac);
    if (typeof config === "string") return refused("bad_payload", `discovery: ${config}`);
    const source = { ...config.source } as Record<string, unknown>;
    const known = byMac.get(mac) ?? withoutMac(config.source.layout);
    const about = {
      uid: known?.about.uid ?? `mac:${mac}`,
      ...config.about,
      manufacturer: "Tasmota",
    };
    const device = known ?? book.device(about, source);
    if (device === null) return nothing();
    if (known !== undefined) unroute(known);
    book.change(device, about, source);
    route(device);
    const relays = config.relays.map(({ power, number, name, light }) => ({
      ...{ key: `POWER${number}`, json: false, path: [power, name, light ? "light" : "switch"] },
    }));
    book.announce(device, relays, aboutRelay);
    const list = lists.get(mac);
    lists.delete(mac);
    if (list !== undefined) book.announce(device, list, aboutSensor);
    lastWillOf(device);
    directory.topicsChanged();
    return nothing();
  }

  /** A device at these topics that was known by them alone: it is this one. */
  function withoutMac({ tele }: Layout): Noted | undefined {
    const device = routes.get(tele)?.device;
    return device !== undefined && sourceOf(device).mac === undefined ? device : undefined;
  }

  function listed(mac: string, json: Json): Decoded {
    const values = isObject(json.sn) ? sensorValues(json.sn) : null;
    if (values === null) return refused("bad_payload", "discovery: sn is an object of sensors");
    const device = byMac.get(mac);
    if (device !== undefined) book.announce(device, values, aboutSensor);
    else if (lists.size < WAITING_MOST) lists.set(mac, values);
    return nothing();
  }

  /** The device whose topic it is; made where only its topic tells of it. */
  function placeOf(topic: string) {
    for (const { prefix, what, sub } of placesOf(topic)) {
      const known = routes.get(prefix);
      if (known !== undefined) return { ...known, what, sub };
    }
    return null;
  }

  function decode({ topic, payload, tMs }: DeviceMessage): Decoded | null {
    const found = DISCOVERY.exec(topic);
    if (found !== null) return discovered(found[1].toLowerCase(), found[2], payload);
    const place = placeOf(topic);
    if (place !== null) return received(place.device, place, payload, tMs);
    return unknown(topic, payload, tMs);
  }

  function unknown(topic: string, payload: Uint8Array, tMs: number): Decoded | null {
    const guess = guessedOf(topic);
    if (guess === null || guess.role === "cmnd") return null;
    const { name, what, role, layout } = guess;
    if (role === "tele" && what === "LWT") return willOfUnknown(layout.tele, payload);
    if (!speaksTasmota(role, what, payload)) return SAID_ONCE.test(what) ? nothing() : null;
    const levels = name.split("/");
    const last = levels.pop()!;
    const device = book.device({
      uid: freeUid(name),
      name: last,
      manufacturer: "Tasmota",
      ...(levels.length > 0 ? { area: levels.join(" ") } : {}),
    }, { ...USUAL, layout } as unknown as Record<string, unknown>);
    if (device === null) return nothing();
    route(device);
    const decoded = received(device, guess, payload, tMs);
    lastWillOf(device);
    return decoded;
  }

  /** A topic is another device's where the one that had it moved. */
  function freeUid(name: string): string {
    for (let i = 1;; i++) {
      const uid = i === 1 ? `tasmota:${name}` : `tasmota:${name} ${i}`;
      if (book.get(uid) === undefined) return uid;
    }
  }

  function willOfUnknown(prefix: string, payload: Uint8Array): Decoded | null {
    const read = readText(payload);
    if (read.answer) return null;
    const said = read.is;
    if (said !== USUAL.online && said !== USUAL.offline) return null;
    if (lastWills.size < WAITING_MOST || lastWills.has(prefix)) lastWills.set(prefix, said);
    return nothing();
  }

  function received(
    device: Noted,
    { role, what, sub }: { role: Role; what: string; sub: string | null },
    payload: Uint8Array,
    tMs: number,
  ): Decoded {
    if (role === "cmnd" || payload.length === 0) return nothing();
    const power = role === "stat" ? POWER.exec(what) : null;
    if (power !== null) return powered(device, what, payload, tMs);
    if (role === "tele" && what === "LWT") {
      const read = readText(payload);
      return read.answer ?? reachable(device, read.is);
    }
    const kind = kindOf(role, what);
    if (kind === null) return nothing();
    const read = readObject(payload);
    if (read.answer) return read.answer;
    const json = unwrapped(read.is);
    if (kind === "zigbee") return zigbee.read(device, { ZbReceived: read.is }, sub, tMs);
    if (kind === "sensor") return sensed(device, json, sub, tMs);
    return stated(device, json, role, tMs, kind === "result");
  }

  function sensed(device: Noted, json: Json, sub: string | null, tMs: number): Decoded {
    if (json.ZbReceived !== undefined) return zigbee.read(device, json, sub, tMs);
    const values = sensorValues(json);
    if (values === null) {
      return refused("too_large", "a message has more values than a device sends");
    }
    return book.read(device, values, aboutSensor, { nowMs: tMs, ...stampOf(json) });
  }

  /** STATE, or RESULT, which says of each change what POWER says as well. */
  function stated(device: Noted, json: Json, role: Role, tMs: number, changes: boolean): Decoded {
    const out = nothing();
    const stamp = { nowMs: tMs, ...stampOf(json) };
    for (const [key, value] of Object.entries(json)) {
      if (!POWER.test(key)) continue;
      const on = onOf(device, value);
      if (on === null) {
        if (!changes) addReject(out, noPower(key, value));
        continue;
      }
      const relay = { ...relayOf(key), json: on };
      const read = book.read(device, [relay], aboutRelay, { ...stamp, way: `${role} JSON` });
      out.drafts.push(...read.drafts);
    }
    if (changes) return out;
    const { drafts, rejects } = book.read(device, stateValues(json), aboutState, stamp);
    out.drafts.push(...drafts);
    for (const reject of rejects) addReject(out, reject);
    return out;
  }

  function powered(device: Noted, power: string, payload: Uint8Array, tMs: number): Decoded {
    const read = readText(payload);
    if (read.answer) {
      // With SetOption4 RESULT comes under this name too.
      const json = readObject(payload);
      return json.answer ? read.answer : stated(device, json.is, "stat", tMs, true);
    }
    const on = onOf(device, read.is);
    if (on === null) return { drafts: [], rejects: [noPower(power, read.is)] };
    const relay = { ...relayOf(power), json: on };
    return book.read(device, [relay], aboutRelay, { nowMs: tMs, way: "stat" });
  }

  function onOf(device: Noted, value: unknown): boolean | null {
    const { states: [off, on] } = sourceOf(device);
    if (value === on || value === "ON") return true;
    return value === off || value === "OFF" ? false : null;
  }

  function aboutRelay({ path: [power, name, kind] }: Value, device: Noted): About {
    const number = POWER.exec(power)?.[1] ?? "";
    return {
      names: [name ?? (number === "" ? "Relay" : `Relay ${number}`)],
      kind: "binary",
      deviceClass: kind ?? "switch",
      order: {
        kind: "switch",
        way: { dialect: TASMOTA, to: { device: device.about.uid, power } },
      },
    };
  }

  return {
    name: TASMOTA,
    title: "Tasmota",
    filters: ["tasmota/discovery/#", "tele/#", "stat/#", "+/tele/#", "+/stat/#"],
    *topics() {
      for (const device of book.all()) {
        if (device.source.layout === undefined) continue;
        const { tele, stat } = sourceOf(device).layout;
        for (const what of ["LWT", "SENSOR", "STATE"]) yield `${tele}${what}`;
        for (const what of ["RESULT", "STATUS8", "STATUS10"]) yield `${stat}${what}`;
        for (const { source } of device.entities.values()) {
          const match = POWER.exec(String(source.key));
          if (match !== null) yield* [`${stat}POWER`, `${stat}POWER${match[1]}`];
        }
      }
    },
    restore(about, entities) {
      const device = book.restore(about, entities);
      if (device.source.layout !== undefined) route(device);
      else zigbee.restored(device);
    },
    decode,
    order(to, value) {
      const device = book.get(String(to.device));
      const { cmnd } = device === undefined
        ? { cmnd: `cmnd/${to.device}/` }
        : sourceOf(device).layout;
      return {
        topic: `${cmnd}${to.power}`,
        payload: value === true || value === "ON" ? "ON" : "OFF",
        ...{ qos: 1, retain: false },
      };
    },
  };
}

function aboutState({ key }: Value): About {
  return STATE_VALUES.find(({ path }) => path.join(".") === key)!.about;
}

/** POWER and POWER1 are the same relay. */
function relayOf(power: string): Pick<Value, "key" | "path"> {
  return { key: `POWER${POWER.exec(power)?.[1] || "1"}`, path: [power] };
}

function noPower(key: string, value: unknown) {
  return { code: "bad_value" as const, message: `${key} is neither on nor off: ${shown(value)}` };
}

/** What a topic of a known device holds; null: nothing that is kept. */
function kindOf(role: Role, what: string): "sensor" | "state" | "result" | "zigbee" | null {
  if (what === "RESULT" && role === "stat") return "result";
  if (what === "SENSOR" || what === "STATUS8" || what === "STATUS10") return "sensor";
  if (what === "STATE" || what === "STATUS11") return "state";
  return what === "ZbReceived" ? "zigbee" : null;
}

/** What a device answers when it is asked stands one level deeper. */
function unwrapped(json: Json): Json {
  const inner = json.StatusSNS ?? json.StatusSTS;
  return isObject(inner) ? inner : json;
}

/** Whether a message on a topic that looks like Tasmota's is one: others use `tele` and `stat` too. */
function speaksTasmota(role: Role, what: string, payload: Uint8Array): boolean {
  if (role === "stat" && POWER.test(what)) {
    const read = readText(payload);
    return !read.answer && /^(?:ON|OFF)$/.test(read.is);
  }
  const kind = kindOf(role, what);
  if (kind === null) return false;
  const read = readObject(payload);
  if (read.answer) return false;
  if (kind === "result") return Object.keys(read.is).some((key) => POWER.test(key));
  const json = unwrapped(read.is);
  return textIn(json.Time) !== undefined || json.ZbReceived !== undefined || kind === "zigbee";
}
