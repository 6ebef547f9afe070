import {
  type Content,
  type Fault,
  PAYLOAD_BYTES_MOST,
  PLAIN_CHARS_MOST,
  VALUES_MOST,
} from "./dialect.ts";
import { parseJson } from "./loose_json.ts";
import { weightFault } from "./weight.ts";

/** Most JSON values of a message that is parsed: some six for each value that it may carry. */
const JSON_VALUES_MOST = 6 * VALUES_MOST;
const utf8 = new TextDecoder("utf-8", { fatal: true });
const OPEN_BRACE = 0x7b;
const BEGINS_LIKE_JSON = /^[{["]/;

/** A payload as text or JSON, or why it is neither. */
export function contentOf(sent: Uint8Array): Content | Fault {
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
    if (!BEGINS_LIKE_JSON.test(text)) return plain(text);
  }
  const tooMuch = weightFault(text, JSON_VALUES_MOST);
  if (tooMuch !== null) return tooMuch;
  try {
    const json: unknown = parseJson(text);
    // A JSON text alone means what it would mean without quotes.
    return typeof json === "string" ? plain(json.trim()) : { kind: "json", json: json as object };
  } catch {
    return fault("bad_payload", "the payload begins like JSON but is not valid JSON");
  }
}

function plain(text: string): Content | Fault {
  if (text.length <= PLAIN_CHARS_MOST) return { kind: "text", text };
  return fault("too_large", `a plain value has at most ${PLAIN_CHARS_MOST} characters`);
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
