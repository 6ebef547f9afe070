/** Zigbee devices behind a Tasmota bridge: each is a device of its own. */
import { addReject, type Decoded } from "../../../readings/reading.ts";
import type { About, Book, Noted, Value } from "../kit/book.ts";
import { isObject, type Json, nothing, own, refused, textIn } from "../kit/content.ts";
import { aboutSensor, unitOf } from "./quantities.ts";
import { stampOf, unitsOf } from "./values.ts";

/** Who and where it is, and keys that were pressed: nothing that is measured. */
const NO_VALUES =
  /^(?:Device|Name|IEEEAddr|Endpoint|Group|ModelId|Manufacturer|Click|Action|Cluster|ZoneType)$/;
/** Values that Tasmota has a name for; the others come as `0006/4000`. */
const NAMED = /^[A-Za-z][\w.]*$/;
const SHORT = /^0x[\da-f]{1,4}$/i;
const DEVICES_MOST = 200;
/** Names and short addresses that are known, old ones too. */
const KEYS_MOST = 10_000;

export interface Zigbee {
  read(bridge: Noted, json: Json, sub: string | null, nowMs: number): Decoded;
  restored(device: Noted): void;
}

export function createZigbee(book: Book): Zigbee {
  /** By bridge and name, or bridge and short address, which a device gets anew when it joins again. */
  const known = new Map<string, Noted>();
  const keysOf = (bridge: string, { name, short }: { name?: string; short?: string }) =>
    [name, short].filter((one) => one !== undefined).map((one) => `${bridge} ${one}`);

  function deviceOf(bridge: Noted, key: string | null, json: Json): Noted | null {
    const ieee = textIn(json.IEEEAddr)?.replace(/^0x/i, "").toLowerCase();
    const short = [json.Device, key].find((one) => typeof one === "string" && SHORT.test(one)) as
      | string
      | undefined;
    const named = textIn(json.Name) ?? (key !== null && !SHORT.test(key) ? key : undefined);
    const which = { name: named, short };
    const keys = keysOf(bridge.about.uid, which);
    const own = ieee ?? named ?? short;
    if (own === undefined) return null;
    const known1 = ieee === undefined ? undefined : book.get(`zigbee:${ieee}`);
    let device = known1 ?? keys.map((one) => known.get(one)).find((one) => one !== undefined);
    const uid = device?.about.uid ??
      (ieee === undefined ? `${bridge.about.uid}/zigbee:${own}` : `zigbee:${ieee}`);
    const model = textIn(json.ModelId);
    const manufacturer = textIn(json.Manufacturer);
    const about = {
      ...{ ...device?.about, uid, via: bridge.about.uid },
      name: named ?? device?.about.name ?? own,
      ...(model ? { model } : {}),
      ...(manufacturer ? { manufacturer } : {}),
    };
    const source = { bridge: bridge.about.uid, ...device?.source, ...which };
    if (device === undefined) device = book.device(about, source) ?? undefined;
    else if (device.about.name !== about.name || device.source.short !== short && short) {
      book.change(device, about, source);
    }
    if (device === undefined) return null;
    for (const one of keys) if (known.size < KEYS_MOST || known.has(one)) known.set(one, device);
    return device;
  }

  function readOne(
    { bridge, key, json }: { bridge: Noted; key: string | null; json: Json },
    whole: Json,
    nowMs: number,
    out: Decoded,
  ): void {
    const values: Value[] = [];
    const units = unitsOf(whole);
    for (const [name, value] of Object.entries(json)) {
      if (NO_VALUES.test(name) || !NAMED.test(name)) continue;
      if (typeof value !== "number" && typeof value !== "boolean" && value !== null) continue;
      const unit = name === "Power" ? undefined : unitOf([name], units);
      values.push({ key: name, path: [name], json: value, ...(unit ? { unit } : {}) });
    }
    // A key that was pressed alone makes no device.
    if (values.every((one) => one.json === null || one.key === "LinkQuality")) return;
    const device = deviceOf(bridge, key, json);
    if (device === null) return;
    const { drafts, rejects } = book.read(device, values, aboutZigbee, {
      ...{ nowMs, ...stampOf(whole) },
    });
    out.drafts.push(...drafts);
    for (const reject of rejects) addReject(out, reject);
  }

  return {
    read(bridge, whole, sub, nowMs) {
      const received = whole.ZbReceived;
      if (!isObject(received)) return refused("bad_payload", "ZbReceived is an object of devices");
      const out = nothing();
      // With SetOption118 what was received stands alone, and its topic names the device.
      if (
        typeof received.Device === "string" ||
        Object.values(received).every((one) => !isObject(one))
      ) {
        readOne({ bridge, key: sub, json: received }, whole, nowMs, out);
        return out;
      }
      for (const [key, json] of Object.entries(received).slice(0, DEVICES_MOST)) {
        if (isObject(json)) readOne({ bridge, key, json }, whole, nowMs, out);
        else {addReject(out, {
            code: "bad_payload",
            message: "a device in ZbReceived is an object",
          });}
      }
      return out;
    },
    restored(device) {
      const { bridge, name, short } = device.source as Record<string, string | undefined>;
      for (const key of keysOf(String(bridge), { name, short })) known.set(key, device);
    },
  };
}

const BINARY: Readonly<Record<string, string>> = {
  Occupancy: "occupancy",
  Contact: "door",
  Water: "moisture",
  Smoke: "smoke",
  Vibration: "vibration",
  Power: "switch",
};

function aboutZigbee(value: Value): About {
  const about = aboutSensor(value);
  const deviceClass = own(BINARY, value.key);
  if (deviceClass === undefined) return about;
  const { names } = about;
  return {
    names: value.key === "Power" ? ["Switch"] : names,
    kind: "binary",
    deviceClass,
  };
}
