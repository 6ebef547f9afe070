import { addReject, type Decoded } from "../../readings/reading.ts";
import { bad, type Dialect, type Place, shown, VALUES_MOST } from "./dialect.ts";
import { manyValues } from "./json_many.ts";
import { hasOneValue, oneValue } from "./json_one.ts";
import { noSensor } from "./plain_number.ts";

/** `[{"value": 1, "ts": …}, …]` or `{"readings": […]}`: items as in the two JSON dialects. */
export const jsonBatch: Dialect = {
  name: "json-batch",
  title: "JSON batch",
  examples: [
    {
      topic: "factory/hall1/press3/temperature",
      payload: '[{"value": 1, "ts": 1700000000}, {"value": 2, "ts": 1700000001}]',
      drafts: [
        { sensor: "hall1/press3/temperature", value: 1, tMs: 1700000000000, index: 0 },
        { sensor: "hall1/press3/temperature", value: 2, tMs: 1700000001000, index: 1 },
      ],
    },
    {
      topic: "factory/hall1/press3",
      payload: '{"readings": [{"temperature": 1, "rpm": 2, "ts": 1700000000}]}',
      drafts: [
        { sensor: "hall1/press3/temperature", value: 1, tMs: 1700000000000, index: 0 },
        { sensor: "hall1/press3/rpm", value: 2, tMs: 1700000000000, index: 0 },
      ],
    },
  ],
  decode(place, content) {
    if (content.kind !== "json") return null;
    if (Array.isArray(content.json)) return batch(place, content.json);
    const readings = (content.json as { readings?: unknown }).readings;
    return Array.isArray(readings) ? batch(place, readings) : null;
  },
};

function batch(place: Place, items: readonly unknown[]): Decoded {
  if (items.length === 0) return bad("bad_payload", "the batch is empty");
  if (items.length > VALUES_MOST) {
    return bad("too_large", `a batch has at most ${VALUES_MOST} items, not ${items.length}`);
  }
  const out: Decoded = { drafts: [], rejects: [] };
  for (let index = 0; index < items.length; index++) {
    const one = item(place, items[index]);
    for (const draft of one.drafts) out.drafts.push({ ...draft, index });
    for (const reject of one.rejects) {
      if (reject.code !== "no_value") addReject(out, { ...reject, index });
    }
    if (one.more !== undefined) out.more = (out.more ?? 0) + one.more;
    if (out.drafts.length + out.rejects.length + (out.more ?? 0) > VALUES_MOST) {
      return bad("too_large", `a message carries at most ${VALUES_MOST} values`);
    }
  }
  if (out.drafts.length === 0 && out.rejects.length === 0) {
    return bad("no_value", "the message has no value");
  }
  return out;
}

function item(place: Place, json: unknown): Decoded {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return bad("bad_payload", `an item of a batch is a JSON object, not ${shown(json)}`);
  }
  const fields = json as Record<string, unknown>;
  if (!hasOneValue(fields)) return manyValues(place.path, fields);
  return place.namesSensor ? oneValue({ sensor: place.path }, fields) : noSensor();
}
