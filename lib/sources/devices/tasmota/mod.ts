import { addReject, type Decoded } from "../../../readings/reading.ts";
import type { DeviceDialect, DialectDeps } from "../device.ts";
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
import { TASMOTA } from "./discovery.ts";
import { KnownTasmotas, type Place, sourceOf } from "./known.ts";
import { type Guessed, guessedOf, type Role } from "./layout.ts";
import { aboutSensor, STATE_VALUES } from "./quantities.ts";
import { aboutRelay, noPower, onOf, POWER, relayOf } from "./relays.ts";
import { sensorValues, stampOf, stateValues } from "./values.ts";
import { createZigbee } from "./zigbee.ts";

const DISCOVERY = /^tasmota\/discovery\/([\da-f]{12})\/(config|sensors)$/i;
const LOOKS_LIKE_ONE = /(?:^|\/)(?:tele|stat)\//;
/** What else Tasmota says, of a device that is not known: at its start, when asked, when a key is pressed. */
const SAID_ONCE =
  /^(?:INFO\d|STATUS\d*|RESULT|UPTIME|MARGINS|WAKEUP|HASS_STATE|(?:BUTTON|SWITCH)\w*)$/;

/**
 * Tasmota. Who it is and where it publishes is said by its discovery; without it the topic names the device, until
 * discovery comes. What is sent as a list of sensors is never a reading.
 */
export function createTasmota({ directory }: DialectDeps): DeviceDialect {
  const book = createBook(TASMOTA, directory);
  const known = new KnownTasmotas(book, directory);
  const zigbee = createZigbee(book);

  function unknown(topic: string, payload: Uint8Array, tMs: number): Decoded | null {
    const guess = LOOKS_LIKE_ONE.test(topic) ? guessedOf(topic) : null;
    if (guess === null || guess.role === "cmnd") return null;
    const { what, role, layout } = guess;
    if (role === "tele" && what === "LWT") return known.lastWill(null, layout.tele, payload);
    if (!speaksTasmota(role, what, payload)) return SAID_ONCE.test(what) ? nothing() : null;
    const bridge = bridgeOf(topic, payload);
    if (bridge !== null) {
      const place = known.placeOf(bridge.topic);
      const device = place?.device ?? known.guessed(bridge.guess);
      return device === null ? nothing() : received({ ...bridge.guess, device }, payload, tMs);
    }
    const device = known.guessed(guess);
    if (device === null) return nothing();
    const decoded = received({ device, ...guess }, payload, tMs);
    known.reachableAsSaid(device);
    return decoded;
  }

  function received({ device, role, what, sub }: Place, payload: Uint8Array, tMs: number): Decoded {
    if (role === "cmnd" || payload.length === 0) return nothing();
    if (role === "stat" && POWER.test(what)) return powered(device, what, payload, tMs);
    if (role === "tele" && what === "LWT") return known.lastWill(device, "", payload)!;
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
      if (device.source.layout !== undefined) known.route(device);
      else zigbee.restored(device);
    },
    decode({ topic, payload, tMs }) {
      const found = topic.startsWith(TASMOTA) ? DISCOVERY.exec(topic) : null;
      if (found !== null) return known.discovered(found[1].toLowerCase(), found[2], payload);
      const place = known.placeOf(topic);
      return place === null ? unknown(topic, payload, tMs) : received(place, payload, tMs);
    },
    order(to, value) {
      const device = book.get(String(to.device));
      const cmnd = device === undefined ? `cmnd/${to.device}/` : sourceOf(device).layout.cmnd;
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

/** The bridge of a Zigbee device that has its name as a level of the topic (SetOption89 with 112); null: it is none. */
function bridgeOf(topic: string, payload: Uint8Array): { topic: string; guess: Guessed } | null {
  const levels = topic.split("/");
  if (levels.length < 4 || levels.at(-1) !== "SENSOR") return null;
  const read = readObject(payload);
  const received = read.answer ? undefined : read.is.ZbReceived;
  if (!isObject(received)) return null;
  const [sub] = levels.splice(-2, 1);
  const isNamed = Object.entries(received).some(([key, one]) =>
    key === sub || isObject(one) && one.Name === sub
  );
  const guess = isNamed ? guessedOf(levels.join("/")) : null;
  return guess === null ? null : { topic: levels.join("/"), guess: { ...guess, sub } };
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
