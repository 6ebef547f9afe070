import { PAYLOAD_BYTES_MOST } from "../dialects/mod.ts";
import { PacketEdge } from "../framing/edge.ts";
import { FrameFault } from "../framing/framer.ts";
import type { Link } from "../framing/link.ts";
import { PacketStream } from "../framing/packet_stream.ts";
import { emptyPublish, type Publish, readPublish } from "../framing/publish.ts";
import { TopicNames } from "../framing/topics.ts";

/*
 * DESIGN
 * The tap sits between the socket and mqtt.js. mqtt.js does what it is good at: connecting, sessions,
 * subscriptions, keep-alive. But it acknowledges before anything is stored, and takes one message per
 * tick. So inbound PUBLISH packets never reach it: they are taken out of the bytes here and handed to
 * `onPublish`; their PUBACKs are written here too, when the caller says so, many in one write and never
 * inside a packet that mqtt.js is writing. All other packets pass through unchanged.
 *
 * While there is no room the socket is not read. A PINGREQ of mqtt.js is answered here meanwhile: its
 * answer could not be read, and mqtt.js would drop a good connection.
 */

export interface TapEvents {
  /** A message; false when there is no room: nothing is read until `goOn`. The object is reused. */
  onPublish(publish: Publish): boolean;
  /** All messages of one read were handed over. */
  onDrained(): void;
  /** The answer to CONNECT: 0, or why it was refused (return code of 3.1.1, reason code of 5). */
  onConnack(code: number): void;
  /** The broker ends the connection and says why (MQTT 5). */
  onDisconnect(code: number): void;
}

// Room for the longest topic and for properties beside the largest payload.
const PACKET_BYTES_MOST = PAYLOAD_BYTES_MOST + 128 * 1024;
const CONNACK = 2, PUBLISH = 3, PINGREQ = 12, DISCONNECT = 14;
const PINGRESP = new Uint8Array([0xd0, 0]);

export class Tap extends PacketStream {
  readonly #version: 4 | 5;
  readonly #events: TapEvents;
  readonly #topics = new TopicNames();
  readonly #edge = new PacketEdge();
  readonly #publish = emptyPublish();
  #acks = new Uint8Array(4 * 256);
  #ackBytes = 0;

  constructor(link: Link, version: 4 | 5, events: TapEvents) {
    super(link, PACKET_BYTES_MOST);
    this.#version = version;
    this.#events = events;
    this.begin();
  }

  /** Queues the PUBACK of a message; all of one turn leave in one write. */
  acknowledge(packetId: number): void {
    if (this.#ackBytes + 4 > this.#acks.length) {
      const larger = new Uint8Array(this.#acks.length * 2);
      larger.set(this.#acks);
      this.#acks = larger;
    }
    this.#acks[this.#ackBytes] = 0x40;
    this.#acks[this.#ackBytes + 1] = 2;
    this.#acks[this.#ackBytes + 2] = packetId >> 8;
    this.#acks[this.#ackBytes + 3] = packetId & 0xff;
    this.#ackBytes += 4;
    this.flush();
  }

  protected override packet(
    bytes: Uint8Array,
    at: number,
    bodyAt: number,
    end: number,
    cut: boolean,
  ): boolean {
    const type = bytes[at] >> 4;
    if (type === PUBLISH) {
      const cutTo = cut ? PAYLOAD_BYTES_MOST + 1 : 0;
      readPublish(this.#publish, bytes, at, bodyAt, end, this.#version, this.#topics, cutTo);
      if (this.#publish.qos === 2) throw new FrameFault("a PUBLISH has QoS 2; 1 was subscribed");
      return this.#events.onPublish(this.#publish);
    }
    if (type === CONNACK) this.#events.onConnack(end - bodyAt < 2 ? 0xff : bytes[bodyAt + 1]);
    if (type === DISCONNECT) this.#events.onDisconnect(end > bodyAt ? bytes[bodyAt] : 0);
    this.pass(bytes, at, end);
    return true;
  }

  protected override drained(): void {
    this.#events.onDrained();
  }

  protected override send(chunk: Uint8Array): void {
    if (this.stopped && this.#edge.between && chunk[0] >> 4 === PINGREQ) this.pass(PINGRESP);
    this.#edge.add(chunk);
    super.send(chunk);
  }

  protected override behind(): Uint8Array | null {
    if (this.#ackBytes === 0 || !this.#edge.between) return null;
    const acks = this.#acks.slice(0, this.#ackBytes);
    this.#ackBytes = 0;
    return acks;
  }
}
