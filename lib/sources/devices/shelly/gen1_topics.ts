/** The first generation: what comes on its topics, and who it says that it is. */
import type { Decoded } from "../../../readings/reading.ts";
import type { DeviceMessage } from "../device.ts";
import type { About, Book, Noted, Value } from "../kit/book.ts";
import { nothing, readObject, readText, refused, textIn } from "../kit/content.ts";
import { aboutGen1, gen1Objects, gen1Value } from "./gen1.ts";
import { expiry, type KnownShellies, SHELLY, sourceOf } from "./known.ts";

const TOPIC = /^(shellies\/([^/]+))\/(.+)$/;

export function createGen1(book: Book, known: KnownShellies) {
  /** Everything below `shellies/`. */
  function decode(message: DeviceMessage): Decoded {
    if (message.topic === "shellies/announce") return announced(message.payload, message.tMs);
    const found = TOPIC.exec(message.topic);
    return found === null ? nothing() : received(found[1], found[2], found[3], message);
  }

  function received(
    prefix: string,
    id: string,
    rest: string,
    { payload, tMs }: DeviceMessage,
  ): Decoded {
    if (payload.length === 0 || /(?:^|\/)command$/.test(rest)) return nothing();
    if (rest === "online") return known.online(prefix, payload);
    if (rest === "announce") return announced(payload, tMs);
    if (rest === "info" || rest === "status") return gen1Object(prefix, id, rest, payload, tMs);
    const kept = gen1Value(rest, "");
    if (kept === null) return nothing();
    const read = readText(payload);
    if (read.answer) return read.answer;
    const device = known.deviceOf(1, { prefix, id, nowMs: tMs });
    if (device === null) return nothing();
    const value = gen1Value(rest, read.is)!;
    const out = book.read(device, [value], aboutOfGen1, { nowMs: tMs, way: "topic" });
    known.onlineAsSaid(device);
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
    const device = known.deviceOf(1, { prefix, id, mac: macOf(read.is.mac), nowMs: tMs });
    return device === null
      ? nothing()
      : book.read(device, values, aboutOfGen1, { nowMs: tMs, way: rest });
  }

  /** Who a device of the first generation is. */
  function announced(payload: Uint8Array, tMs: number): Decoded {
    const read = readObject(payload);
    if (read.answer) return read.answer;
    const id = textIn(read.is.id);
    if (id === undefined || /[/+#]/.test(id)) {
      return refused("bad_payload", "an announcement has an id");
    }
    // Later generations announce themselves here by a script, and publish elsewhere.
    if (read.is.gen !== undefined) return nothing();
    const device = known.deviceOf(1, {
      ...{ prefix: `shellies/${id}`, id, mac: macOf(read.is.mac), nowMs: tMs },
    });
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
    const to = { device: device.about.uid, component: "relay", id: Number(relay?.[1]) };
    return {
      ...aboutGen1(value),
      ...expiry(sourceOf(device)),
      ...(relay === null ? {} : { order: { kind: "switch", way: { dialect: SHELLY, to } } }),
    };
  }

  return { decode };
}

function macOf(mac: unknown): string | undefined {
  return typeof mac === "string" && /^(?:[\da-f]{2}:?){6}$/i.test(mac) ? mac : undefined;
}
