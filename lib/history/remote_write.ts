/**
 * Readings as Prometheus remote write takes them: protobuf in a snappy block. Times are whole milliseconds and values
 * the eight bytes of the double. The block is stored, not compressed: that costs nothing here, and the server is near.
 */

/** Some readings of one series. */
export interface SeriesBlock {
  /** In the order of their names, as the protocol wants it. */
  labels: readonly (readonly [name: string, value: string])[];
  tMs: Float64Array;
  value: Float64Array;
}

/** A literal of snappy holds at most this much here: its length takes two bytes. */
const LITERAL = 65_536;
/** Bytes of a sample: its own head, the value with its tag, the time with its tag. */
const SAMPLE_MOST = 2 + 9 + 1 + 9;
const utf8 = new TextEncoder();

/** The body of one request. */
export function encodeWrite(blocks: readonly SeriesBlock[]): Uint8Array {
  const parts = blocks.map(encodeSeries);
  const length = parts.reduce((sum, { length }) => sum + length, 0);
  const message = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  return stored(message);
}

function encodeSeries({ labels, tMs, value }: SeriesBlock): Uint8Array {
  const heads = labels.map(([name, text]) => encodeLabel(utf8.encode(name), utf8.encode(text)));
  const headBytes = heads.reduce((sum, { length }) => sum + length, 0);
  const body = new Uint8Array(headBytes + tMs.length * SAMPLE_MOST);
  const view = new DataView(body.buffer);
  let at = 0;
  for (const head of heads) {
    body.set(head, at);
    at += head.length;
  }
  for (let i = 0; i < tMs.length; i++) {
    body[at++] = 0x12;
    const lengthAt = at++;
    body[at++] = 0x09;
    view.setFloat64(at, value[i], true);
    at += 8;
    body[at++] = 0x10;
    at = putVarint(body, at, tMs[i]);
    body[lengthAt] = at - lengthAt - 1;
  }
  return framed(0x0a, body.subarray(0, at));
}

function encodeLabel(name: Uint8Array, text: Uint8Array): Uint8Array {
  const fields = [framed(0x0a, name), framed(0x12, text)];
  const label = new Uint8Array(fields[0].length + fields[1].length);
  label.set(fields[0]);
  label.set(fields[1], fields[0].length);
  return framed(0x0a, label);
}

/** A field of bytes: its tag, their number, they themselves. */
function framed(tag: number, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + 6);
  out[0] = tag;
  const at = putVarint(out, 1, bytes.length);
  out.set(bytes, at);
  return out.subarray(0, at + bytes.length);
}

/** Whole numbers of 0 up to 2^53; gives where the next byte goes. */
function putVarint(into: Uint8Array, at: number, n: number): number {
  while (n > 127) {
    into[at++] = (n % 128) | 128;
    n = Math.floor(n / 128);
  }
  into[at++] = n;
  return at;
}

function stored(message: Uint8Array): Uint8Array {
  const out = new Uint8Array(message.length + 8 + 3 * Math.ceil(message.length / LITERAL));
  let at = putVarint(out, 0, message.length);
  for (let from = 0; from < message.length; from += LITERAL) {
    const part = message.subarray(from, from + LITERAL);
    out[at++] = 61 << 2;
    out[at++] = (part.length - 1) & 255;
    out[at++] = (part.length - 1) >> 8;
    out.set(part, at);
    at += part.length;
  }
  return out.subarray(0, at);
}
