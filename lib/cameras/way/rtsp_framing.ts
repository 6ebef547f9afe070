/** What an RTSP connection carries, in both directions: messages, and packets between them (RFC 2326, 10.12). */

export interface RtspMessage {
  /** `DESCRIBE rtsp://… RTSP/1.0` or `RTSP/1.0 200 OK`. */
  first: string;
  /** In their order, names as they came. */
  headers: [name: string, value: string][];
  body: Uint8Array;
}

/** What came of some bytes, in order. */
export type RtspPiece =
  | { kind: "message"; message: RtspMessage }
  /** Of packets, as it came; `whole`: the next piece begins something new. */
  | { kind: "packets"; bytes: Uint8Array; whole: boolean };

/** Why bytes are no RTSP. */
export class NoRtsp extends Error {
  override readonly name = "NoRtsp";
}

const DOLLAR = 0x24;
const LF = 0x0a;
const PACKET_HEAD = 4;
const MOST_HEAD = 16 * 1024;
const MOST_BODY = 256 * 1024;

/** Splits what comes, however it was cut. @throws NoRtsp */
export function createFraming(): (chunk: Uint8Array) => RtspPiece[] {
  /** Bytes of the packet that are still to come, with its head. */
  let packetRest = 0;
  /** Of a packet's head or of a message, from before. */
  let kept = new Uint8Array(0);

  return (chunk) => {
    const pieces: RtspPiece[] = [];
    let bytes = kept.length === 0 ? chunk : joined(kept, chunk);
    kept = new Uint8Array(0);
    // Packets that follow each other are handed on as one piece.
    let run = 0;
    let at = 0;
    const flush = () => {
      const piece = bytes.subarray(run, at);
      if (piece.length > 0) {
        pieces.push({ kind: "packets", bytes: piece, whole: packetRest === 0 });
      }
      run = at;
    };
    while (at < bytes.length) {
      if (packetRest > 0) {
        const step = Math.min(packetRest, bytes.length - at);
        at += step;
        packetRest -= step;
      } else if (bytes[at] === DOLLAR) {
        if (bytes.length - at < PACKET_HEAD) break;
        packetRest = PACKET_HEAD + (bytes[at + 2] << 8 | bytes[at + 3]);
      } else {
        flush();
        const found = messageAt(bytes, at);
        if (found === null) break;
        if (found.message !== null) pieces.push({ kind: "message", message: found.message });
        bytes = bytes.subarray(found.end);
        run = at = 0;
      }
    }
    flush();
    // A copy: what came may be a small part of a large buffer.
    if (at < bytes.length) kept = bytes.slice(at);
    return pieces;
  };
}

/** The message that begins there; null: not all of it is there. An empty line is a message that says nothing. */
function messageAt(
  bytes: Uint8Array,
  from: number,
): { message: RtspMessage | null; end: number } | null {
  let start = from;
  while (bytes[start] === 0x0d || bytes[start] === LF) start++;
  if (start > from) return { message: null, end: start };
  const end = headEnd(bytes, start);
  if (end === null) {
    if (bytes.length - start > MOST_HEAD) throw new NoRtsp("the head of a message has no end");
    mustBeText(bytes, start);
    return null;
  }
  const lines = new TextDecoder("latin1").decode(bytes.subarray(start, end)).split(/\r?\n/);
  const first = lines[0];
  if (!/^RTSP\/\d|^[A-Z_]+ \S+ RTSP\/\d/.test(first)) throw new NoRtsp("that is no RTSP");
  const headers = lines.slice(1).filter((line) => line.includes(":")).map(headerOf);
  const length = Number(valueOf(headers, "content-length") ?? 0);
  if (!Number.isInteger(length) || length < 0 || length > MOST_BODY) {
    throw new NoRtsp(`a body of ${length} bytes`);
  }
  if (bytes.length < end + length) return null;
  return { message: { first, headers, body: bytes.slice(end, end + length) }, end: end + length };
}

/** Something else is told from a message at its first byte, not after 16 kB. */
function mustBeText(bytes: Uint8Array, start: number): void {
  const begins = bytes[start];
  if (begins < 0x41 || begins > 0x5a) throw new NoRtsp("that is no RTSP");
}

function headEnd(bytes: Uint8Array, start: number): number | null {
  const most = Math.min(bytes.length, start + MOST_HEAD);
  for (let at = bytes.indexOf(LF, start); at !== -1 && at < most; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at + 1] === LF) return at + 2;
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === LF) return at + 3;
  }
  return null;
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
}

/** The values of a header, joined; null: there is none. */
export function valueOf(headers: RtspMessage["headers"], name: string): string | null {
  const values = headers.filter(([known]) => known.toLowerCase() === name).map(([, value]) =>
    value
  );
  return values.length === 0 ? null : values.join(", ");
}

/** The same headers with one changed, at its place; null takes it out. */
export function withHeader(
  headers: RtspMessage["headers"],
  name: string,
  value: string | null,
): RtspMessage["headers"] {
  const is = ([known]: [string, string]) => known.toLowerCase() === name.toLowerCase();
  if (value === null) return headers.filter((header) => !is(header));
  if (!headers.some(is)) return [...headers, [name, value]];
  return headers.map((header) => is(header) ? [header[0], value] : header);
}

/** As it goes over the wire. */
export function bytesOf({ first, headers, body }: RtspMessage): Uint8Array {
  const lines = [first, ...headers.map(([name, value]) => `${name}: ${value}`)];
  const head = Uint8Array.from(`${lines.join("\r\n")}\r\n\r\n`, (letter) => letter.charCodeAt(0));
  return joined(head, body);
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
