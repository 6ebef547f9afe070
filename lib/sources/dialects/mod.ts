import type { Decoded } from "../../readings/reading.ts";
import {
  bad,
  type Content,
  type Dialect,
  isFault,
  PAYLOAD_BYTES_MOST,
  type Place,
  VALUES_MOST,
} from "./dialect.ts";
import { jsonBatch } from "./json_batch.ts";
import { jsonMany } from "./json_many.ts";
import { jsonOne } from "./json_one.ts";
import { parseJson } from "./loose_json.ts";
import { plainNumber } from "./plain_number.ts";
import { createPlaceOf, DEFAULT_TOPICS } from "./topic.ts";
import { weightFault } from "./weight.ts";
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
export { decodeLines, LineNames, PRECISIONS } from "./line_protocol.ts";
export type { Precision } from "./line_protocol.ts";
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

/** Most JSON values of a message that is parsed: some six for each value that it may carry. */
const JSON_VALUES_MOST = 6 * VALUES_MOST;
const utf8 = new TextDecoder("utf-8", { fatal: true });
const OPEN_BRACE = 0x7b;
const BEGINS_LIKE_JSON = /^[{["]/;

function contentOf(sent: Uint8Array) {
  if (sent.length > PAYLOAD_BYTES_MOST) {
    return fault("too_large", `the payload has more than ${PAYLOAD_BYTES_MOST} bytes`);
  }
  const payload = withoutEnd(sent);
  if (payload.length === 0) return fault("no_value", "the payload is empty");
  let text: string;
  try {
    text = utf8.decode(payload);
  } catch {
    return fault("bad_encoding", "the payload is not valid UTF-8");
  }
  if (payload[0] !== OPEN_BRACE) {
    text = text.trim();
    if (!BEGINS_LIKE_JSON.test(text)) return { kind: "text" as const, text };
  }
  const tooMuch = weightFault(text, JSON_VALUES_MOST);
  if (tooMuch !== null) return tooMuch;
  try {
    const json: unknown = parseJson(text);
    // A JSON text alone means what it would mean without quotes.
    return typeof json === "string"
      ? { kind: "text" as const, text: json.trim() }
      : { kind: "json" as const, json: json as object };
  } catch {
    return fault("bad_payload", "the payload begins like JSON but is not valid JSON");
  }
}

/** Without the zero bytes at its end: programs in C send a text with its end, or the whole of a buffer. */
function withoutEnd(payload: Uint8Array): Uint8Array {
  let end = payload.length;
  while (end > 0 && payload[end - 1] === 0) end--;
  return end === payload.length ? payload : payload.subarray(0, end);
}

function fault(
  code: "too_large" | "bad_payload" | "bad_encoding" | "no_value",
  message: string,
) {
  return { code, message };
}
