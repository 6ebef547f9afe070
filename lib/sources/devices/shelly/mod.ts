import { addReject, type Decoded } from "../../../readings/reading.ts";
import { shown } from "../../dialects/dialect.ts";
import { timeOf } from "../../dialects/time.ts";
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
import { aboutComponent, componentOf, componentValues, isKnownType } from "./components.ts";
import { aboutGen1, gen1Objects, gen1Value, sleepOf } from "./gen1.ts";

export const SHELLY = "shelly";

/** A device as it is known. */
interface Source {
  generation: 1 | 2;
  /** What its topics begin with, without the slash. */
  prefix: string;
  mac?: string;
  /** It sleeps between its messages: how long, where that is known. */
  sleeps?: { everyMs: number | null };
}

const EVENTS = "/events/rpc";
const WITH_MAC = /^shelly[\w-]*-([\da-f]{12})$/i;
const GEN1 = /^(shellies\/([^/]+))\/(.+)$/;
const COMPONENTS_MOST = 200;
const WAITING_MOST = 1_000;
/** A sleeping device that says nothing of its rhythm is not missed earlier. */
const SLEEP_UNKNOWN_MS = 8 * 3_600_000;
/** It is missed after so many wake-ups. */
const MISSED_WAKE_UPS = 3;

/** Shelly: the second generation and later by their notifications, the first by its topics. */
export function createShelly({ directory }: DialectDeps): DeviceDialect {
  const book = createBook(SHELLY, directory);
  const byPrefix = new Map<string, Noted>();
  const byMac = new Map<string, Noted>();
  /** By beginning of their topics: whether devices that are not known yet are online. */
  const online = new Map<string, boolean>();
  /** When a sleeping device woke up by itself last. */
  const woke = new Map<string, number>();

  const sourceOf = (device: Noted) => device.source as unknown as Source;

  function route(device: Noted): void {
    const { prefix, mac } = sourceOf(device);
    byPrefix.set(prefix, device);
    if (mac !== undefined) byMac.set(mac, device);
  }

  /** The device that says to be `id` on these topics. */
  function deviceOf(generation: 1 | 2, prefix: string, id: string, given?: string): Noted | null {
    const mac = (given ?? WITH_MAC.exec(id)?.[1])?.replaceAll(":", "").toLowerCase();
    const here = byPrefix.get(prefix);
    const known = (mac === undefined ? undefined : byMac.get(mac)) ??
      (here !== undefined && (mac === undefined || sourceOf(here).mac === undefined)
        ? here
        : undefined);
    if (known !== undefined) {
      moved(known, prefix, mac);
      return known;
    }
    const name = generation === 2 && prefix !== id ? prefix.replace(/^shellies\//, "") : id;
    const sleepMs = generation === 1 ? sleepOf(id) : null;
    const uid = mac === undefined ? `shelly:${generation === 1 ? id : prefix}` : `mac:${mac}`;
    const about = {
      uid: book.get(uid) === undefined ? uid : `${uid} ${prefix}`,
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
    const device = book.device(about, { ...source });
    if (device === null) return null;
    route(device);
    directory.topicsChanged();
    return device;
  }

  function moved(device: Noted, prefix: string, mac: string | undefined): void {
    const source = sourceOf(device);
    if (source.prefix === prefix && (mac === undefined || source.mac === mac)) return;
    if (byPrefix.get(source.prefix) === device) byPrefix.delete(source.prefix);
    book.change(device, device.about, { ...source, prefix, ...(mac === undefined ? {} : { mac }) });
    route(device);
    directory.topicsChanged();
  }

  function reachable(prefix: string, device: Noted | undefined, payload: Uint8Array): Decoded {
    const read = readText(payload);
    if (read.answer) return read.answer;
    const isOnline = read.is === "true" ? true : read.is === "false" ? false : null;
    if (isOnline === null) {
      return refused("bad_value", `online says ${shown(read.is)}, which is not true or false`);
    }
    if (device === undefined) {
      if (online.size < WAITING_MOST || online.has(prefix)) online.set(prefix, isOnline);
    } else setReachable(device, isOnline);
    return nothing();
  }

  /** One that sleeps is not offline when it says so: it says so each time. */
  function setReachable(device: Noted, isOnline: boolean): void {
    if (isOnline || sourceOf(device).sleeps === undefined) {
      directory.setAvailable(device.about.uid, isOnline);
    }
  }

  function reachableAsSaid(device: Noted): void {
    const { prefix } = sourceOf(device);
    const said = online.get(prefix);
    if (said === undefined) return;
    online.delete(prefix);
    setReachable(device, said);
  }

  function notified(prefix: string, payload: Uint8Array, tMs: number): Decoded {
    const read = readObject(payload);
    if (read.answer) return read.answer;
    const { src, method, params } = read.is;
    const id = textIn(src);
    if (id === undefined || typeof method !== "string") {
      return refused("bad_payload", "a notification has src and method");
    }
    if (method !== "NotifyStatus" && method !== "NotifyFullStatus") return nothing();
    if (!isObject(params)) return refused("bad_payload", `${method} has params`);
    const device = deviceOf(2, prefix, id);
    if (device === null) return nothing();
    const whole = method === "NotifyFullStatus";
    if (isObject(params.sys)) slept(device, params.sys, tMs);
    const time = params.ts === undefined ? {} : timeOf(params.ts);
    const out = components(device, params, whole, { nowMs: tMs, ...time, way: "events" });
    reachableAsSaid(device);
    return out;
  }

  function components(
    device: Noted,
    params: Json,
    whole: boolean,
    at: { nowMs: number; tMs?: number; noTime?: string; way: string },
  ): Decoded {
    const values: Value[] = [];
    const out = nothing();
    for (const [name, json] of Object.entries(params).slice(0, COMPONENTS_MOST)) {
      if (name === "ts" || componentOf(name) === null || json === null) continue;
      if (!isObject(json)) {
        addReject(out, {
          code: "bad_payload",
          message: `${shown(name)} is an object, not ${shown(json)}`,
        });
        continue;
      }
      values.push(...componentValues(name, json, whole, (key) => device.entities.has(key)));
    }
    const { drafts, rejects } = book.read(device, values, aboutGen2, at);
    out.drafts.push(...drafts);
    for (const reject of rejects) addReject(out, reject);
    return out;
  }

  /** A battery device says how often it wakes up, or it is seen. */
  function slept(device: Noted, sys: Json, tMs: number): void {
    const { wakeup_period: period, wakeup_reason: reason } = sys;
    if (period === undefined && !isObject(reason)) return;
    if (isObject(reason) && reason.boot !== "deepsleep_wake" && period === undefined) return;
    const source = sourceOf(device);
    const said = typeof period === "number" && period > 0 ? period * 1_000 : null;
    const everyMs = said ?? seenMs(device, reason, tMs) ?? source.sleeps?.everyMs ?? null;
    if (source.sleeps !== undefined && isNear(source.sleeps.everyMs, everyMs)) return;
    const sleeping: Source = { ...source, sleeps: { everyMs } };
    book.change(device, device.about, { ...sleeping }, { expireAfterMs: missedAfterMs(sleeping) });
  }

  function seenMs(device: Noted, reason: unknown, tMs: number): number | null {
    if (!isObject(reason) || reason.cause !== "periodic") return null;
    const before = woke.get(device.about.uid);
    woke.set(device.about.uid, tMs);
    const apartMs = before === undefined ? 0 : tMs - before;
    return apartMs >= 60_000 ? apartMs : null;
  }

  function aboutGen2(value: Value, device: Noted): About {
    const [type, id, key] = value.path;
    const isSwitch = type === "switch" && key === "output";
    const missedMs = missedAfterMs(sourceOf(device));
    const to = { device: device.about.uid, component: type, id: Number(id) };
    return {
      ...aboutComponent(value),
      ...(missedMs === undefined ? {} : { expireAfterMs: missedMs }),
      ...(isSwitch ? { order: { kind: "switch", way: { dialect: SHELLY, to } } } : {}),
    };
  }

  /** `<prefix>/status/<component>`, which says what notifications say once more. */
  function status(prefix: string, name: string, payload: Uint8Array, tMs: number): Decoded | null {
    const known = byPrefix.get(prefix);
    const id = prefix.slice(prefix.lastIndexOf("/") + 1);
    const component = componentOf(name);
    if (component === null) return known === undefined ? null : nothing();
    const looksLikeOne = WITH_MAC.test(id) && isKnownType(component.type);
    const read = readObject(payload);
    if (read.answer) return known === undefined && !looksLikeOne ? null : read.answer;
    const json = read.is;
    const isOne = looksLikeOne ||
      isKnownType(component.type) && component.id !== null && json.id === Number(component.id);
    if (known === undefined && !isOne) return null;
    const device = known ?? deviceOf(2, prefix, id);
    if (device === null) return nothing();
    if (name === "sys" && typeof json.mac === "string" && sourceOf(device).mac === undefined) {
      moved(device, prefix, json.mac.toLowerCase());
    }
    const out = components(device, { [name]: json }, true, { nowMs: tMs, way: "status" });
    reachableAsSaid(device);
    return out;
  }

  function gen1(
    prefix: string,
    id: string,
    rest: string,
    { payload, tMs }: DeviceMessage,
  ): Decoded {
    if (payload.length === 0 || /(?:^|\/)command$/.test(rest)) return nothing();
    if (rest === "online") return reachable(prefix, byPrefix.get(prefix), payload);
    if (rest === "announce") return announced(payload);
    if (rest === "info" || rest === "status") return gen1Object(prefix, id, rest, payload, tMs);
    const kept = gen1Value(rest, "");
    if (kept === null) return nothing();
    const read = readText(payload);
    if (read.answer) return read.answer;
    const device = deviceOf(1, prefix, id);
    if (device === null) return nothing();
    const value = gen1Value(rest, read.is)!;
    const out = book.read(device, [value], aboutOfGen1, { nowMs: tMs, way: "topic" });
    reachableAsSaid(device);
    return out;
  }

  function gen1Object(
    prefix: string,
    id: string,
    rest: string,
    payload: Uint8Array,
    tMs: number,
  ): Decoded {
    const read = readObject(payload);
    if (read.answer) return read.answer;
    const values = gen1Objects(rest, read.is);
    if (values.length === 0) return nothing();
    const device = deviceOf(1, prefix, id, macOf(read.is.mac));
    return device === null
      ? nothing()
      : book.read(device, values, aboutOfGen1, { nowMs: tMs, way: rest });
  }

  /** Who a device of the first generation is. */
  function announced(payload: Uint8Array): Decoded {
    const read = readObject(payload);
    if (read.answer) return read.answer;
    const id = textIn(read.is.id);
    if (id === undefined || /[/+#]/.test(id)) {
      return refused("bad_payload", "an announcement has an id");
    }
    // Later generations announce themselves here by a script, and publish elsewhere.
    if (read.is.gen !== undefined) return nothing();
    const device = deviceOf(1, `shellies/${id}`, id, macOf(read.is.mac));
    if (device === null) return nothing();
    const model = textIn(read.is.model) ?? device.about.model;
    const software = textIn(read.is.fw_ver);
    if (model !== device.about.model || software !== device.about.software) {
      book.change(device, {
        ...device.about,
        ...(model ? { model } : {}),
        ...(software ? { software } : {}),
      }, device.source);
    }
    return nothing();
  }

  function aboutOfGen1(value: Value, device: Noted): About {
    const relay = /^relay\/(\d+)$/.exec(value.key);
    const missedMs = missedAfterMs(sourceOf(device));
    const to = { device: device.about.uid, component: "relay", id: Number(relay?.[1]) };
    return {
      ...aboutGen1(value),
      ...(missedMs === undefined ? {} : { expireAfterMs: missedMs }),
      ...(relay === null ? {} : { order: { kind: "switch", way: { dialect: SHELLY, to } } }),
    };
  }

  function decode(message: DeviceMessage): Decoded | null {
    const { topic, payload, tMs } = message;
    if (topic.endsWith(EVENTS)) return notified(topic.slice(0, -EVENTS.length), payload, tMs);
    const end = topic.lastIndexOf("/");
    if (end < 1) return null;
    const known = byPrefix.get(topic.slice(0, end));
    const isOf1 = known !== undefined && sourceOf(known).generation === 1;
    if (known !== undefined && !isOf1) {
      return topic.slice(end + 1) === "online"
        ? reachable(topic.slice(0, end), known, payload)
        : nothing();
    }
    const before = topic.lastIndexOf("/", end - 1);
    if (before > 0 && topic.startsWith("/status/", before)) {
      const decoded = status(topic.slice(0, before), topic.slice(end + 1), payload, tMs);
      if (decoded !== null) return decoded;
    }
    const first = GEN1.exec(topic);
    if (first !== null) return gen1(first[1], first[2], first[3], message);
    if (topic === "shellies/announce") return announced(payload);
    if (topic.startsWith("shellies/")) return nothing();
    const prefix = topic.slice(0, end);
    const id = prefix.slice(prefix.lastIndexOf("/") + 1);
    if (WITH_MAC.test(id) && topic.slice(end + 1) === "online") {
      return reachable(prefix, undefined, payload);
    }
    return null;
  }

  return {
    name: SHELLY,
    title: "Shelly",
    filters: ["shellies/#", "+/events/rpc", "+/+/events/rpc", "+/+/+/events/rpc"],
    *topics() {
      for (const device of book.all()) {
        const { generation, prefix } = sourceOf(device);
        if (generation === 1) continue;
        yield* [`${prefix}/online`, `${prefix}${EVENTS}`];
        const names = new Set([...device.entities.keys()].map((key) => key.split(".")[0]));
        for (const name of names) yield `${prefix}/status/${name}`;
      }
    },
    restore(about, entities) {
      const device = book.restore(about, entities);
      if (typeof device.source.prefix === "string") route(device);
    },
    decode,
    order({ device: uid, component, id }, value) {
      const device = book.get(String(uid));
      const prefix = device === undefined ? "" : sourceOf(device).prefix;
      const on = value === true || value === "on";
      if (component === "relay") {
        const topic = `${prefix}/relay/${id}/command`;
        return { topic, payload: on ? "on" : "off", qos: 1, retain: false };
      }
      const call = { id: 1, src: "perch", method: "Switch.Set", params: { id, on } };
      return { topic: `${prefix}/rpc`, payload: JSON.stringify(call), qos: 1, retain: false };
    },
  };
}

function macOf(mac: unknown): string | undefined {
  return typeof mac === "string" && /^(?:[\da-f]{2}:?){6}$/i.test(mac) ? mac : undefined;
}

function missedAfterMs({ sleeps }: Source): number | undefined {
  return sleeps === undefined ? undefined : (sleeps.everyMs ?? SLEEP_UNKNOWN_MS) * MISSED_WAKE_UPS;
}

/** Wake-ups that were seen differ a little from time to time. */
function isNear(a: number | null, b: number | null): boolean {
  if (a === null || b === null) return a === b;
  return Math.abs(a - b) <= a / 5;
}
