import type { Decoded } from "../../../readings/reading.ts";
import type { DeviceDialect, DeviceMessage, DialectDeps } from "../device.ts";
import { createBook, type Noted } from "../kit/book.ts";
import { nothing, readObject, readText, textIn } from "../kit/content.ts";
import { aboutRadio, radioDevice, radioTime, radioValue, radioValues } from "./fields.ts";

export const RTL_433 = "rtl_433";

const OWN = "rtl_433/";
/** `rtl_433/<host>/devices/<type, model, subtype, channel, id>/<field>` */
const FIELD = /^(.+)\/devices\/(.+)\/([^/]+)$/;

/** rtl_433: what was heard by radio, one object for each message of a sensor. */
export function createRtl433({ directory }: DialectDeps): DeviceDialect {
  const book = createBook(RTL_433, directory);

  function deviceOf(key: string, name: string, model?: string): Noted | null {
    const uid = `${RTL_433}:${key}`;
    return book.get(uid) ?? book.device({ uid, name, ...(model ? { model } : {}) }, {});
  }

  function event(topic: string, payload: Uint8Array, nowMs: number): Decoded | null {
    const isOwn = topic.startsWith(OWN);
    const read = readObject(payload);
    if (read.answer) return isOwn ? read.answer : null;
    const json = read.is;
    const about = radioDevice(json);
    if (!isOwn && (about === null || textIn(json.time) === undefined)) return null;
    // Its own statistics and words.
    if (about === null) return nothing();
    const values = radioValues(json);
    if (values.length === 0) return nothing();
    const device = deviceOf(about.key, about.name, about.model);
    if (device === null) return nothing();
    return book.read(device, values, aboutRadio, {
      ...{ nowMs, way: topic, ...radioTime(json.time) },
    });
  }

  /** The same once more, each field on a topic of its own. */
  function field(topic: string, payload: Uint8Array, nowMs: number): Decoded {
    const [, , path, name] = FIELD.exec(topic)!;
    const read = readText(payload);
    if (read.answer) return read.answer;
    const number = Number(read.is);
    const values = radioValue(name, read.is !== "" && Number.isFinite(number) ? number : read.is);
    if (values.length === 0) return nothing();
    const key = path.replaceAll("/", "-").slice(0, 200);
    const device = deviceOf(key, key);
    return device === null
      ? nothing()
      : book.read(device, values, aboutRadio, { nowMs, way: topic.slice(0, -name.length) });
  }

  return {
    name: RTL_433,
    title: "rtl_433",
    filters: ["rtl_433/+/events", "rtl_433/+/devices/#"],
    restore: (about, entities) => void book.restore(about, entities),
    decode({ topic, payload, tMs }: DeviceMessage) {
      if (topic.endsWith("/events")) return event(topic, payload, tMs);
      if (!topic.startsWith(OWN)) return null;
      return FIELD.test(topic) ? field(topic, payload, tMs) : nothing();
    },
  };
}
