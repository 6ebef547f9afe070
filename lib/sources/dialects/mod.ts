import type { Decoded } from "../../readings/reading.ts";
import { contentOf } from "./content.ts";
import { bad, type Content, type Dialect, isFault, type Place } from "./dialect.ts";
import { jsonBatch } from "./json_batch.ts";
import { jsonMany } from "./json_many.ts";
import { jsonOne } from "./json_one.ts";
import { plainNumber } from "./plain_number.ts";
import { createPlaceOf, DEFAULT_TOPICS } from "./topic.ts";
import { words } from "./words.ts";

export { PAYLOAD_BYTES_MOST } from "./dialect.ts";
export { DEFAULT_TOPICS } from "./topic.ts";
export {
  decodeItems,
  decodeNdjson,
  decodeOne,
  ITEM_VALUES_MOST,
  itemLines,
  ITEMS_MOST,
  itemsOf,
} from "./http.ts";
export { decodeLineBytes, decodeLines, LineNames, PRECISIONS } from "./line_protocol.ts";
export type { Precision } from "./line_protocol.ts";
export { decodeToColumns } from "./plain_items.ts";
export { parseJson } from "./loose_json.ts";
export { weightFault } from "./weight.ts";

/** Every dialect of MQTT payloads, in the order in which they are asked. */
export const DIALECTS: readonly Dialect[] = [plainNumber, jsonOne, jsonBatch, jsonMany, words];

/**
 * Returns the function that turns a message into readings: it never throws, and what it cannot use is
 * a reject with a reason. `topics` are the filters that Perch subscribes to; their roots are read too.
 */
export function createDecode(
  topics: readonly string[] = DEFAULT_TOPICS,
): (topic: string, payload: Uint8Array) => Decoded {
  const placeOf = createPlaceOf(topics);
  return (topic, payload) => {
    const place = placeOf(topic);
    if (isFault(place)) return bad(place.code, place.message);
    const content = contentOf(payload);
    if (isFault(content)) return bad(content.code, content.message);
    return decodeWith(DIALECTS, place, content);
  };
}

function decodeWith(dialects: readonly Dialect[], place: Place, content: Content): Decoded {
  for (const dialect of dialects) {
    const decoded = dialect.decode(place, content);
    if (decoded !== null) return decoded;
  }
  return bad("bad_payload", "the payload is in no dialect that Perch knows");
}
