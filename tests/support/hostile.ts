/** Input that is wrong on purpose. Everything follows from a seed, so that a finding can be repeated. */

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** Whole, in [0, n). */
  below(n: number): number;
  pick<T>(from: readonly T[]): T;
  bytes(n: number): Uint8Array;
}

/** Mulberry32. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return {
    next,
    below,
    pick: (from) => from[below(from.length)],
    bytes: (n) => Uint8Array.from({ length: n }, () => below(256)),
  };
}

export interface HostileMessage {
  what: string;
  topic: string;
  payload: Uint8Array;
}

const encoder = new TextEncoder();
const utf8 = (text: string) => encoder.encode(text);

type Maker = [what: string, make: (random: Random) => string | Uint8Array];

/** Payloads that cannot become a reading: each is one reject. */
const PAYLOADS: readonly Maker[] = [
  ["not UTF-8", (r) => new Uint8Array([...r.bytes(1 + r.below(20)), 0xff, 0xfe])],
  ["cut UTF-8", () => new Uint8Array([0x61, 0xc3])],
  ["number beyond float64", (r) => `${r.pick(["", "-"])}${1 + r.below(9)}e${400 + r.below(600)}`],
  ["number with its unit", (r) => `${r.below(100)}${r.pick(["%", " °C", "°C", " kW"])}`],
  ["decimal comma", (r) => `${r.below(100)},${r.below(100)}`],
  ["cut JSON", (r) => '{"value": 1, "ts": 1700000000000}'.slice(0, 1 + r.below(32))],
  ["JSON with a tail", (r) => `{"value":1}${r.pick(["}", "]", ",", "x", "{}"])}`],
  ["deep JSON", (r) => `{"a":`.repeat(20 + r.below(20_000)) + "1"],
  ["deep arrays", (r) => "[".repeat(20 + r.below(20_000))],
  ["empty object", () => "{}"],
  ["empty batch", (r) => r.pick(["[]", '{"readings":[]}'])],
  ["object as value", () => '{"value":{}}'],
  ["array as item", () => "[[1,2]]"],
  ["huge JSON number", (r) => `{"value":${r.pick(["", "-"])}1e${400 + r.below(600)}}`],
  ["key of 129 characters", () => `{"${"k".repeat(129)}":1}`],
  ["too many values", () => `{${Array.from({ length: 10_001 }, (_, i) => `"k${i}":1`)}}`],
  ["over a megabyte", (r) => new Uint8Array(1024 * 1024 + 1 + r.below(1000)).fill(0x20)],
];

/** Topics that name no sensor: each message on one is one reject, whatever its payload. */
const TOPICS: readonly Maker[] = [
  ["unknown root", (r) => `elsewhere/${r.below(1000)}/t`],
  ["root alone", () => "factory"],
  ["empty levels", (r) => r.pick(["factory//a/b", "factory/a//b"])],
  ["$SYS", (r) => `$SYS/broker/${r.below(10)}`],
  ["level of 129 characters", () => `factory/a/${"x".repeat(129)}`],
  ["too many levels", (r) => `factory/${"a/".repeat(13 + r.below(10))}b`],
  ["blank level", () => "factory/a/ "],
];

/** One message that must be refused, and counted once. */
export function hostileMessage(random: Random): HostileMessage {
  const bytesOf = (made: string | Uint8Array) => typeof made === "string" ? utf8(made) : made;
  if (random.below(4) === 0) {
    const [what, make] = random.pick(TOPICS);
    return { what: `topic: ${what}`, topic: make(random) as string, payload: utf8("1") };
  }
  const [what, make] = random.pick(PAYLOADS);
  return { what, topic: `factory/hostile/s${random.below(5)}`, payload: bytesOf(make(random)) };
}

/** A PUBLISH packet; its parts need not be right. */
export function publishPacket(
  topic: string | Uint8Array,
  payload: Uint8Array,
  packetId: number,
  flags = 0x32,
): Uint8Array {
  const name = typeof topic === "string" ? utf8(topic) : topic;
  const id = flags & 6 ? [packetId >> 8, packetId & 0xff] : [];
  return joined([
    header(flags, 2 + name.length + id.length + payload.length),
    new Uint8Array([name.length >> 8, name.length & 0xff]),
    name,
    new Uint8Array(id),
    payload,
  ]);
}

/** A good CONNECT of MQTT 3.1.1 with a clean session. */
export function connectPacket(clientId: string): Uint8Array {
  const id = utf8(clientId);
  const body = [0, 4, ...utf8("MQTT"), 4, 2, 0, 60, 0, id.length, ...id];
  return new Uint8Array([0x10, body.length, ...body]);
}

function header(flags: number, length: number): Uint8Array {
  const bytes = [flags];
  let left = length;
  do {
    bytes.push(left > 127 ? left & 0x7f | 0x80 : left);
    left >>= 7;
  } while (left > 0);
  return new Uint8Array(bytes);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const GOOD_PACKETS: readonly ((random: Random) => Uint8Array)[] = [
  (r) =>
    publishPacket("hostile/x", r.bytes(r.below(40)), 1 + r.below(65_535), 0x30 | r.pick([0, 2, 4])),
  () => new Uint8Array([0x82, 9, 0, 1, 0, 4, ...utf8("a/+b"), 1]),
  () => new Uint8Array([0x82, 6, 0, 1, 0, 1, 0x23, 2]),
  () => new Uint8Array([0xa2, 5, 0, 2, 0, 1, 0x23]),
  (r) => new Uint8Array([r.pick([0x40, 0x50, 0x62, 0x70]), 2, r.below(256), r.below(256)]),
  () => new Uint8Array([0xc0, 0]),
];

const CONNECTS: readonly ((random: Random) => Uint8Array)[] = [
  (r) => r.bytes(1 + r.below(200)),
  (r) => joined([new Uint8Array([0x10]), r.bytes(1 + r.below(60))]),
  () => new Uint8Array([0x10, 0xff, 0xff, 0xff, 0x7f, 0, 4]),
  () => new Uint8Array([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61]),
  () => new Uint8Array([0x10, 0xff, 0xff, 0xff, 0xff, 0xff]),
  () => new Uint8Array([0x10, 0]),
  // MQTT 5, MQTT 3.1, a version that is none, a protocol that is none
  () => new Uint8Array([0x10, 13, 0, 4, ...utf8("MQTT"), 5, 2, 0, 60, 0, 0, 0]),
  () => new Uint8Array([0x10, 14, 0, 6, ...utf8("MQIsdp"), 3, 2, 0, 60, 0, 0]),
  (r) => new Uint8Array([0x10, 12, 0, 4, ...utf8("MQTT"), 6 + r.below(200), 2, 0, 60, 0, 0]),
  () => new Uint8Array([0x10, 12, 0, 4, ...utf8("HTTP"), 4, 2, 0, 60, 0, 0]),
  (r) => new Uint8Array([0x10, 12, 0, 4, ...utf8("MQTT"), 4, r.below(256), 0, 0, 0, 0]),
  () => utf8("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
  () => new Uint8Array([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
  (r) => r.pick(GOOD_PACKETS)(r),
];

/** Bytes for a listener: a bad beginning, or a good CONNECT and then something that was damaged. */
export function hostileFrames(random: Random): Uint8Array {
  const name = random.pick(["constructor", "__proto__", "toString", "x", "aedes_1", ""]);
  switch (random.below(4)) {
    case 0:
      return random.pick(CONNECTS)(random);
    case 1: {
      const packets = Array.from(
        { length: 1 + random.below(5) },
        () => random.pick(GOOD_PACKETS)(random),
      );
      return damaged(random, joined([connectPacket(name), ...packets]));
    }
    case 2:
      return joined([connectPacket(name), random.bytes(1 + random.below(300))]);
    default: {
      const packets = Array.from({ length: 1 + random.below(5) }, () => {
        return damaged(random, random.pick(GOOD_PACKETS)(random));
      });
      return joined([connectPacket(name), ...packets]);
    }
  }
}

function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  switch (random.below(5)) {
    case 0:
      return bytes.slice(0, random.below(bytes.length));
    case 1: {
      const flipped = bytes.slice();
      for (let i = 0; i <= random.below(4); i++) {
        flipped[random.below(flipped.length)] ^= 1 << random.below(8);
      }
      return flipped;
    }
    case 2: {
      const longer = bytes.slice();
      longer[1] = random.below(256);
      return longer;
    }
    case 3:
      return joined([bytes, bytes.slice(0, random.below(bytes.length))]);
    default:
      return bytes;
  }
}

export interface HostileRequest {
  what: string;
  path: string;
  method: string;
  headers: Record<string, string>;
  body: Uint8Array<ArrayBuffer>;
}

const ITEM = '{"machine":"hostile","sensor":"t","value":1}';

/** Bodies that are no batch as a whole; most are no single reading and no line protocol either. */
const BODIES: readonly Maker[] = [
  ["random bytes", (r) => new Uint8Array([0xff, ...r.bytes(r.below(300))])],
  ["cut JSON", (r) => `[${ITEM}`.slice(0, 1 + r.below(ITEM.length))],
  ["deep JSON", (r) => "[".repeat(1 + r.below(100_000))],
  ["deep objects", (r) => `{"a":`.repeat(1 + r.below(50_000))],
  ["a number", (r) => `${r.below(1e9)}`],
  ["a text", () => '"reading"'],
  ["null", () => "null"],
  ["NaN", () => "[NaN]"],
  ["a comment", () => "/* */ []"],
  ["a byte order mark in UTF-16", () => new Uint8Array([0xff, 0xfe, 0x5b, 0, 0x5d, 0])],
  ["markup", () => "<?xml version='1.0'?><readings/>"],
  ["a form", () => "machine=hostile&sensor=t&value=1"],
];

const PATHS = ["/api/ingest", "/api/ingest/batch", "/api/v2/write?precision=s"];

/** A request that cannot be taken as a whole: a body, an encoding, a query or a method that is wrong. */
export function hostileRequest(random: Random): HostileRequest {
  const [what, make] = random.pick(BODIES);
  const made = make(random);
  const request: HostileRequest = {
    what,
    path: random.pick(PATHS),
    method: "POST",
    headers: { "content-type": "application/json" },
    body: new Uint8Array(typeof made === "string" ? utf8(made) : made),
  };
  switch (random.below(12)) {
    case 0:
      return {
        ...request,
        what: "not gzip",
        headers: { "content-encoding": "gzip" },
        body: new Uint8Array(random.bytes(50)),
      };
    case 1:
      return {
        ...request,
        what: "unknown encoding",
        headers: { "content-encoding": "zstd, br, x" },
      };
    case 2:
      return {
        ...request,
        what: "unknown query",
        path: `/api/ingest/batch?${random.pick(["a=1", "%ff", "precision=x", "__proto__=1"])}`,
      };
    case 3:
      return { ...request, what: "other precision", path: "/api/v2/write?precision=fortnight" };
    case 4:
      return { ...request, what: "other method", method: random.pick(["PUT", "DELETE", "PATCH"]) };
    default:
      return request;
  }
}

/** Bytes that are no HTTP, or break off. */
export function hostileHttpBytes(random: Random): Uint8Array {
  const host = "Host: 127.0.0.1\r\n";
  return random.pick<() => Uint8Array>([
    () => random.bytes(1 + random.below(500)),
    () => utf8(`GET /${"a".repeat(random.below(20_000))} HTTP/1.1\r\n${host}\r\n`),
    () =>
      utf8(
        `POST /api/ingest HTTP/1.1\r\n${host}Content-Length: ${
          random.pick(["-1", "abc", "9e9", "99999999999999999999"])
        }\r\n\r\n`,
      ),
    () =>
      utf8(
        `POST /api/ingest HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n${
          random.pick(["zz", "-1", "ffffffffffffffff"])
        }\r\n`,
      ),
    () =>
      utf8(
        `POST /api/ingest HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
      ),
    () => utf8(`GET / HTTP/9.9\r\n${host}\r\n`),
    () =>
      utf8(
        `GET /mqtt HTTP/1.1\r\n${host}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: ${
          random.pick(["", "x", "AAAA"])
        }\r\nSec-WebSocket-Version: ${random.below(20)}\r\n\r\n`,
      ),
    () => utf8(`GET / HTTP/1.1\r\n${"X-A: b\r\n".repeat(random.below(500))}\r\n`),
    () => utf8(`GET / HTTP/1.1\r\nHost: \u0000\r\nA\u0001: b\r\n\r\n`),
  ])();
}
