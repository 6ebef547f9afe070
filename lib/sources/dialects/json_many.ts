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
import { isMeta, type Meta, metaOf } from "./meta.ts";
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
  ],
  decode(place, content) {
    if (content.kind !== "json" || Array.isArray(content.json)) return null;
    return manyValues(place.path, content.json as Record<string, unknown>);
  },
};

/** One reading for each leaf; `null` means that the device has no value and is passed over. */
export function manyValues(machine: string, json: Record<string, unknown>): Decoded {
  const meta = metaOf(json);
  delete meta.unit;
  const walk: Walk = { machine, meta, out: { drafts: [], rejects: [] }, leaves: 0 };
  for (const [key, value] of Object.entries(json)) {
    if (!isMeta(key, value)) visit(walk, key, value, 1);
    if (walk.leaves > VALUES_MOST) break;
  }
  if (walk.leaves > VALUES_MOST) {
    return bad("too_large", `a message carries at most ${VALUES_MOST} values`);
  }
  if (walk.out.drafts.length === 0 && walk.out.rejects.length === 0) {
    return bad("bad_payload", "the object holds no value");
  }
  return walk.out;
}

interface Walk {
  machine: string;
  meta: Meta;
  out: Decoded;
  leaves: number;
}

function visit(walk: Walk, key: string, value: unknown, depth: number): void {
  if (value === null) return;
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
  const sensor = `${machine}/${key}`;
  const fault = key.includes("/") ? `${shown(key)} has a /` : sensorFault(sensor);
  if (fault !== null) {
    addReject(out, { code: "bad_name", message: fault });
    return;
  }
  const found = jsonValue(json);
  if (isFault(found)) {
    addReject(out, { code: found.code, message: `${shown(key)}: ${found.message}` });
  } else out.drafts.push({ sensor, value: found.value, ...meta });
}

function sensorFault(sensor: string): string | null {
  return sensor.isWellFormed() ? nameFault(sensor) : "the sensor's name is not valid Unicode";
}
