import { crc32 } from "node:zlib";
import type { Arrival } from "../../base/steady_clock.ts";
import type { Packet } from "../../intake/intake.ts";

/*
 * DESIGN. A record is the length of its body and the CRC-32 of it, four bytes each, then the body: the length of its
 * head (two bytes), the head as JSON, the payload. What a power cut left of the last ones does not fit its checksum.
 */

/** A message as it waits on disk. */
export interface Spooled {
  source: string;
  topic: string;
  payload: Uint8Array;
  arrival: Arrival;
  packet?: Packet;
  retained?: boolean;
}

/** Short names: they stand in every record. */
interface Head {
  s: string;
  t: string;
  a: number;
  /** The clock was suspect. */
  c?: 1;
  p?: [session: string, packetId: number, again: 0 | 1];
  r?: 1;
}

const FRAME_BYTES = 8;
/** Beyond any payload and topic that comes in; a length above it is none. */
const BODY_BYTES_MOST = 2 * 1024 * 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeRecord(
  { source, topic, payload, arrival, packet, retained }: Spooled,
): Uint8Array {
  const head: Head = { s: source, t: topic, a: arrival.tMs };
  if (arrival.suspect) head.c = 1;
  if (packet) head.p = [packet.session, packet.packetId, packet.again ? 1 : 0];
  if (retained) head.r = 1;
  const headBytes = encoder.encode(JSON.stringify(head));
  const bytes = new Uint8Array(FRAME_BYTES + 2 + headBytes.length + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(FRAME_BYTES, headBytes.length, true);
  bytes.set(headBytes, FRAME_BYTES + 2);
  bytes.set(payload, FRAME_BYTES + 2 + headBytes.length);
  const body = bytes.subarray(FRAME_BYTES);
  view.setUint32(0, body.length, true);
  view.setUint32(4, crc32(body), true);
  return bytes;
}

/** The length of the whole record at a place; null: no whole, good one stands there. */
export function recordLength(bytes: Uint8Array, at: number): number | null {
  if (at + FRAME_BYTES + 2 > bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const length = view.getUint32(0, true);
  const end = at + FRAME_BYTES + length;
  if (length < 2 || length > BODY_BYTES_MOST || end > bytes.length) return null;
  const body = bytes.subarray(at + FRAME_BYTES, end);
  return crc32(body) === view.getUint32(4, true) ? FRAME_BYTES + length : null;
}

/** The record at a place where there is one. */
export function decodeRecord(bytes: Uint8Array, at: number, length: number): Spooled {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const headAt = at + FRAME_BYTES + 2;
  const headEnd = headAt + view.getUint16(FRAME_BYTES, true);
  const head: Head = JSON.parse(decoder.decode(bytes.subarray(headAt, headEnd)));
  const record: Spooled = {
    source: head.s,
    topic: head.t,
    payload: bytes.slice(headEnd, at + length),
    arrival: { tMs: head.a, suspect: head.c === 1 },
  };
  if (head.p) {
    const [session, packetId, again] = head.p;
    record.packet = { session, packetId, again: again === 1 };
  }
  if (head.r) record.retained = true;
  return record;
}
