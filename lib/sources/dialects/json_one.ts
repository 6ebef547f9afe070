import type { Decoded, Draft } from "../../readings/reading.ts";
import { bad, type Dialect, good, isFault } from "./dialect.ts";
import { isMeta, metaOf } from "./meta.ts";
import { noSensor } from "./plain_number.ts";
import { jsonValue } from "./value.ts";

/** `{"value": n, "ts": …}`: the topic names the sensor. Fields that Perch does not know are ignored. */
export const jsonOne: Dialect = {
  name: "json-one",
  title: "JSON with one value",
  examples: [
    {
      topic: "factory/hall1/press3/temperature",
      payload: '{"value": 21.53, "ts": 1700000000123, "unit": "°C", "seq": 7}',
      drafts: [{
        sensor: "hall1/press3/temperature",
        value: 21.53,
        tMs: 1700000000123,
        seq: 7,
        unit: "°C",
      }],
    },
    {
      topic: "factory/hall1/door/contact",
      payload: '{"value": "closed", "time": "2026-01-02T03:04:05+01:00"}',
      drafts: [{
        sensor: "hall1/door/contact",
        value: false,
        word: "closed",
        tMs: Date.UTC(2026, 0, 2, 2, 4, 5),
      }],
    },
  ],
  decode(place, content) {
    if (content.kind !== "json" || Array.isArray(content.json)) return null;
    const json = content.json as Record<string, unknown>;
    if (!hasOneValue(json)) return null;
    if (place.namesSensor) return oneValue({ sensor: place.path }, json);
    // The topic names a machine: beside other values, this one is a sensor as they are.
    return Object.keys(json).some((key) => key !== "value" && !isMeta(key, json[key]))
      ? null
      : noSensor();
  },
};

/** Whether the object is one reading: it has a `value` that is no object. */
export function hasOneValue(json: Record<string, unknown>): boolean {
  const value = json.value;
  return value !== undefined && (typeof value !== "object" || value === null);
}

/** The reading that such an object describes. */
export function oneValue(
  name: Pick<Draft, "sensor" | "spelled">,
  json: Record<string, unknown>,
): Decoded {
  const found = jsonValue(json.value);
  if (isFault(found)) return bad(found.code, found.message);
  return good({ ...name, ...found, ...metaOf(json) });
}
