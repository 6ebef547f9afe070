import { FrameFault } from "./framer.ts";
import type { TopicNames } from "./topics.ts";

/** The parts of a PUBLISH packet. One object is reused for all packets of a connection. */
export interface Publish {
  qos: number;
  /** The DUP flag: the sender has sent it before. */
  again: boolean;
  retain: boolean;
  topic: string;
  /** 0 at QoS 0. */
  packetId: number;
  payload: Uint8Array;
}

/** The object that `readPublish` fills. */
export function emptyPublish(): Publish {
  return {
    qos: 0,
    again: false,
    retain: false,
    topic: "",
    packetId: 0,
    payload: new Uint8Array(0),
  };
}

/**
 * Reads the PUBLISH at `[at, end)` into `out` (MQTT 3.1.1, 3.3; MQTT 5, 3.3). Properties are passed over;
 * topic aliases are never granted and so an empty topic is a fault, as is everything that does not fit.
 * `cutTo`: the packet was cut; its payload is given this length, so that it is seen to be too large.
 */
export function readPublish(
  out: Publish,
  bytes: Uint8Array,
  at: number,
  bodyAt: number,
  end: number,
  version: 4 | 5,
  topics: TopicNames,
  cutTo = 0,
): void {
  const flags = bytes[at];
  out.qos = (flags >> 1) & 3;
  out.again = (flags & 8) !== 0;
  out.retain = (flags & 1) !== 0;
  if (out.qos === 3) throw new FrameFault("a PUBLISH has QoS 3");
  if (bodyAt + 2 > end) throw new FrameFault("a PUBLISH has no topic");
  const topicAt = bodyAt + 2;
  let i = topicAt + (bytes[bodyAt] << 8 | bytes[bodyAt + 1]);
  if (i > end || i === topicAt) throw new FrameFault("a PUBLISH has no whole topic");
  out.topic = topics.at(bytes, topicAt, i);
  out.packetId = 0;
  if (out.qos > 0) {
    if (i + 2 > end) throw new FrameFault("a PUBLISH has no packet id");
    out.packetId = bytes[i] << 8 | bytes[i + 1];
    if (out.packetId === 0) throw new FrameFault("a PUBLISH has packet id 0");
    i += 2;
  }
  if (version === 5) i = afterProperties(bytes, i, end, cutTo > 0);
  out.payload = cutTo > 0 ? bytes.slice(0, cutTo) : bytes.subarray(i, end);
}

function afterProperties(bytes: Uint8Array, at: number, end: number, cut: boolean): number {
  let length = 0;
  for (let shift = 0;; shift += 7) {
    if (at >= end || shift > 21) throw new FrameFault("a PUBLISH has no whole properties");
    const byte = bytes[at++];
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  if (at + length > end && !cut) throw new FrameFault("a PUBLISH has no whole properties");
  return at + length;
}
