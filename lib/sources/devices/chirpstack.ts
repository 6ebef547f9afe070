import type { Decoded } from "../../readings/reading.ts";
import { parseJson } from "../dialects/loose_json.ts";
import { timeOf } from "../dialects/time.ts";
import { weightFault } from "../dialects/weight.ts";
import type { DeviceDialect, DeviceMessage, DialectDeps } from "./device.ts";
import { type About, createBook, type Noted, type Stamp, type Value } from "./kit/book.ts";
import { isObject, type Json, nothing, readObject, refused, textIn } from "./kit/content.ts";
import { leavesOf } from "./kit/leaves.ts";

export const CHIRPSTACK = "chirpstack";

/** `application/<id>/device/<devEUI>/event/up`; before version 3.11 `…/rx` and `…/status`. */
const TOPIC = /(?:^|\/)application\/[^/]+\/device\/([\da-f]{16})\/(?:event\/)?([a-z]+)$/i;
const MOST_VALUES = 2_000;

/** ChirpStack: LoRaWAN devices, versions 3 and 4. What a codec made of the payload is measured. */
export function createChirpStack({ directory }: DialectDeps): DeviceDialect {
  const book = createBook(CHIRPSTACK, directory);

  function deviceOf(eui: string, json: Json): Noted | null {
    const info = isObject(json.deviceInfo) ? json.deviceInfo : json;
    const name = textIn(info.deviceName) ?? eui;
    const model = textIn(info.deviceProfileName);
    const uid = `lorawan:${eui}`;
    const about = { uid, name, serial: eui, ...(model ? { model } : {}) };
    const known = book.get(uid);
    if (known === undefined) return book.device(about, {});
    if (known.about.name !== name || model !== undefined && known.about.model !== model) {
      book.change(known, { ...known.about, ...about }, known.source);
    }
    return known;
  }

  function up(eui: string, json: Json, nowMs: number): Decoded {
    const object = objectOf(json);
    if (object === undefined) return refused("bad_payload", "object is a JSON object");
    if (object === null) directory.note(CHIRPSTACK, "no codec: the payload was not decoded");
    const leaves = object === null ? [] : leavesOf(object);
    if (leaves === null) {
      return refused("too_large", `a device sends at most ${MOST_VALUES} values at once`);
    }
    const values: Value[] = leaves.map(({ path, json }) => {
      const whole = ["object", ...path];
      return { key: whole.join("."), path: whole, json };
    });
    values.push(...receptionOf(json.rxInfo));
    if (values.length === 0) return nothing();
    const device = deviceOf(eui, json);
    if (device === null) return nothing();
    const { fCnt } = json;
    const seq = typeof fCnt === "number" && Number.isSafeInteger(fCnt) && fCnt >= 0
      ? { seq: fCnt }
      : {};
    return book.read(device, values, aboutUplink, { nowMs, ...stampOf(json), ...seq });
  }

  function status(eui: string, json: Json, nowMs: number): Decoded {
    const hasLevel = json.batteryLevelUnavailable !== true && json.externalPowerSource !== true;
    const values: Value[] = [
      ...(hasLevel ? [value("batteryLevel", json.batteryLevel, "%")] : []),
      value("externalPowerSource", json.externalPowerSource),
      value("margin", json.margin, "dB"),
    ].filter((one) => one.json !== undefined);
    if (values.length === 0) return nothing();
    const device = deviceOf(eui, json);
    return device === null
      ? nothing()
      : book.read(device, values, aboutUplink, { nowMs, ...stampOf(json) });
  }

  return {
    name: CHIRPSTACK,
    title: "ChirpStack",
    filters: ["application/+/device/+/event/+", "application/+/device/+/rx"],
    restore: (about, entities) => void book.restore(about, entities),
    decode({ topic, payload, tMs }: DeviceMessage) {
      if (!topic.includes("application/")) return null;
      const found = TOPIC.exec(topic);
      if (found === null) return null;
      const event = found[2].toLowerCase();
      const isUp = event === "up" || event === "rx";
      if (!isUp && event !== "status") return nothing();
      const read = readObject(payload);
      if (read.answer) return read.answer;
      const eui = found[1].toLowerCase();
      return isUp ? up(eui, read.is, tMs) : status(eui, read.is, tMs);
    },
  };
}

function value(key: string, json: unknown, unit?: string): Value {
  return { key, path: [key], json, ...(unit ? { unit } : {}) };
}

/** What the codec made of it; null: nothing; undefined: what cannot be. */
function objectOf({ object, objectJSON }: Json): Json | null | undefined {
  if (isObject(object)) return object;
  if (object !== undefined && object !== null) return undefined;
  if (typeof objectJSON !== "string" || objectJSON === "") return null;
  if (weightFault(objectJSON, MOST_VALUES * 6) !== null) return undefined;
  try {
    const json = parseJson(objectJSON);
    return isObject(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

/** How well it was heard, by the gateway that heard it best. */
function receptionOf(rxInfo: unknown): Value[] {
  if (!Array.isArray(rxInfo)) return [];
  let best: Json | null = null;
  for (const one of rxInfo.slice(0, 64)) {
    if (!isObject(one) || typeof one.rssi !== "number") continue;
    if (best === null || one.rssi > (best.rssi as number)) best = one;
  }
  if (best === null) return [];
  const snr = best.snr ?? best.loRaSNR;
  return [
    value("rssi", best.rssi, "dBm"),
    ...(typeof snr === "number" ? [value("snr", snr, "dB")] : []),
  ];
}

/** The time of the uplink: of the network server, before version 4 of a gateway that knows it. */
function stampOf(json: Json): Stamp {
  const times = [json.time, json.publishedAt];
  if (Array.isArray(json.rxInfo) && isObject(json.rxInfo[0])) times.push(json.rxInfo[0].time);
  const said = times.find((one) => typeof one === "string" && one !== "");
  return said === undefined ? {} : timeOf(said);
}

const ABOUT: Readonly<Record<string, About>> = {
  rssi: {
    ...{ names: ["RSSI"], kind: "number", deviceClass: "signal_strength" },
    ...{ stateClass: "measurement", diagnostic: true },
  },
  snr: { names: ["SNR"], kind: "number", stateClass: "measurement", diagnostic: true },
  margin: { names: ["Link margin"], kind: "number", stateClass: "measurement", diagnostic: true },
  batteryLevel: {
    ...{ names: ["Battery"], kind: "number", deviceClass: "battery" },
    ...{ stateClass: "measurement", diagnostic: true },
  },
  externalPowerSource: { names: ["External power"], kind: "binary", diagnostic: true },
};

/** What a value is, when it comes first: those of the codec are called as it calls them. */
function aboutUplink({ path: [first, ...rest] }: Value): About {
  if (first !== "object") return ABOUT[first];
  const name = rest.join(".");
  return { names: [name, `object.${name}`] };
}
