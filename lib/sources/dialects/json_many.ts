import { nameFault } from "../../machines/names.ts";
import { addReject, type Decoded } from "../../readings/reading.ts";
import {
  bad,
  DEPTH_MOST,
  type Dialect,
  isFault,
  NAME_CHARS_MOST,
  shown,
  VALUES_MOST,
} from "./dialect.ts";
import { levelOf } from "./level.ts";
import { isMeta, isPassedOver, type Meta, metaOf } from "./meta.ts";
import { jsonValue } from "./value.ts";

/** `{"temperature": 21.5, "motor": {"rpm": 900}}`: the topic names the machine, each key a sensor. */
export const jsonMany: Dialect = {
  name: "json-many",
  title: "JSON with several values",
  examples: [
    {
      topic: "factory/hall1/press3",
      payload: '{"temperature": 21.5, "motor": {"rpm": 900, "on": true}, "ts": 1700000000}',
      drafts: [
        { sensor: "hall1/press3/temperature", value: 21.5, tMs: 1700000000000 },
        { sensor: "hall1/press3/motor.rpm", value: 900, tMs: 1700000000000 },
        { sensor: "hall1/press3/motor.on", value: true, tMs: 1700000000000 },
      ],
    },
    {
      topic: "factory/press3",
      payload: '{"mode": "idle", "vibration": [0.1, 0.2]}',
      drafts: [
        { sensor: "press3/mode", value: "idle" },
        { sensor: "press3/vibration.0", value: 0.1 },
        { sensor: "press3/vibration.1", value: 0.2 },
      ],
    },
    {
      topic: "factory/press3",
      payload: '{"ts": 1700000000000, "values": {"temperature": 21.5, "humidity": 40}}',
      drafts: [
        { sensor: "press3/temperature", value: 21.5, tMs: 1700000000000 },
        { sensor: "press3/humidity", value: 40, tMs: 1700000000000 },
      ],
    },
  ],
  decode(place, content) {
    if (content.kind !== "json" || Array.isArray(content.json)) return null;
    return manyValues(place.path, content.json as Record<string, unknown>);
  },
};

/**
 * One reading for each leaf; `null` means that the device has no value and is passed over. ThingsBoard's envelope
 * (`{"ts", "values": {…}}`) is removed.
 */
export function manyValues(machine: string, json: Record<string, unknown>): Decoded {
  const inner = enveloped(json);
  if (inner !== null) return leavesOf(machine, inner, metaOf(json), isPassedOver);
  return gatewayValues(machine, json) ?? leavesOf(machine, json, metaOf(json), isMeta);
}

function leavesOf(
  machine: string,
  json: Record<string, unknown>,
  meta: Meta,
  isNone: (key: string, value: unknown) => boolean,
): Decoded {
  delete meta.unit;
  const out: Decoded = { drafts: [], rejects: [] };
  const walk: Walk = { machine, meta, out, leaves: 0, nothing: false };
  for (const [key, value] of Object.entries(json)) {
    if (isNone(key, value)) walk.nothing = true;
    else visit(walk, key, value, 1);
    if (walk.leaves > VALUES_MOST) break;
  }
  if (walk.leaves > VALUES_MOST) {
    return bad("too_large", `a message carries at most ${VALUES_MOST} values`);
  }
  if (out.drafts.length > 0 || out.rejects.length > 0) return out;
  return walk.nothing
    ? bad("no_value", "the message has no value")
    : bad("bad_payload", "the object holds no value");
}

/** The values of an envelope of ThingsBoard's; null when it is none: another field beside them, no object. */
function enveloped(json: Record<string, unknown>): Record<string, unknown> | null {
  const { values } = json;
  if (!isObject(values)) return null;
  return Object.keys(json).every((key) => key === "values" || isMeta(key, json[key]))
    ? values
    : null;
}

/** What ThingsBoard's gateways send, `{"Device A": [{"ts", "values"}]}`: each device is a machine below. */
function gatewayValues(machine: string, json: Record<string, unknown>): Decoded | null {
  const devices = Object.entries(json);
  const isGateway = devices.length > 0 &&
    devices.every(([, items]) =>
      Array.isArray(items) && items.length > 0 &&
      items.every((item) => isObject(item) && enveloped(item) !== null)
    );
  if (!isGateway) return null;
  const out: Decoded = { drafts: [], rejects: [] };
  for (const [device, items] of devices as [string, Record<string, unknown>[]][]) {
    for (const item of items) {
      const one = manyValues(`${machine}/${levelOf(device)}`, item);
      out.drafts.push(...one.drafts);
      for (const reject of one.rejects) if (reject.code !== "no_value") addReject(out, reject);
      if (out.drafts.length + out.rejects.length + (out.more ?? 0) > VALUES_MOST) {
        return bad("too_large", `a message carries at most ${VALUES_MOST} values`);
      }
    }
  }
  const empty = out.drafts.length === 0 && out.rejects.length === 0;
  return empty ? bad("no_value", "the message has no value") : out;
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

interface Walk {
  machine: string;
  meta: Meta;
  out: Decoded;
  leaves: number;
  /** Something in the message says that there is no value. */
  nothing: boolean;
}

function visit(walk: Walk, key: string, value: unknown, depth: number): void {
  if (value === null) {
    walk.nothing = true;
    return;
  }
  if (typeof value !== "object") return leaf(walk, key, value);
  if (depth >= DEPTH_MOST) {
    walk.leaves++;
    addReject(walk.out, {
      code: "bad_payload",
      message: `JSON is nested deeper than ${DEPTH_MOST} levels`,
    });
    return;
  }
  // Every name below would begin with it: refused once, not for each of them.
  if (key.length > NAME_CHARS_MOST) {
    walk.leaves++;
    addReject(walk.out, {
      code: "bad_name",
      message: `the key ${shown(key)} has more than ${NAME_CHARS_MOST} characters`,
    });
    return;
  }
  for (const [inner, next] of Object.entries(value)) {
    visit(walk, `${key}.${inner}`, next, depth + 1);
    if (walk.leaves > VALUES_MOST) return;
  }
}

function leaf(walk: Walk, key: string, json: unknown): void {
  walk.leaves++;
  const { out, machine, meta } = walk;
  const found = jsonValue(json);
  if (isFault(found)) {
    if (found.code === "no_value") walk.nothing = true;
    else addReject(out, { code: found.code, message: `${shown(key)}: ${found.message}` });
    return;
  }
  const level = levelOf(key);
  const sensor = `${machine}/${level}`;
  const fault = nameFault(sensor);
  if (fault !== null) addReject(out, { code: "bad_name", message: fault });
  else if (level === key) out.drafts.push({ sensor, ...found, ...meta });
  else out.drafts.push({ sensor, spelled: `${machine}/${key}`, ...found, ...meta });
}
