import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import { PAYLOAD_BYTES_MOST } from "../dialects/mod.ts";
import { PacketEdge } from "../framing/edge.ts";
import { FrameFault, Framer } from "../framing/framer.ts";
import { type Publish, readPublish } from "../framing/publish.ts";
import { TopicNames } from "../framing/topics.ts";
import type { Link } from "./link.ts";

/*
 * DESIGN
 * The tap sits between the socket and mqtt.js. mqtt.js does what it is good at: connecting, sessions,
 * subscriptions, keep-alive. But it acknowledges before anything is stored, and takes one message per
 * tick. So inbound PUBLISH packets never reach it: they are taken out of the bytes here and handed to
 * `onPublish`; their PUBACKs are written here too, when the caller says so, many in one write and never
 * inside a packet that mqtt.js is writing. All other packets pass through unchanged.
 *
 * Back-pressure: when `onPublish` says false the socket is not read until `resume`. A PINGREQ of mqtt.js
 * is answered here meanwhile: its answer could not be read, and mqtt.js would drop a good connection.
 */

export interface TapEvents {
  /** A message; false when there is no room: nothing is read until `resume`. The object is reused. */
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
const PINGRESP = Buffer.from([0xd0, 0]);

export class Tap extends Duplex {
  readonly #link: Link;
  readonly #version: 4 | 5;
  readonly #events: TapEvents;
  readonly #framer: Framer;
  readonly #topics = new TopicNames();
  readonly #edge = new PacketEdge();
  readonly #publish: Publish = {
    qos: 0,
    again: false,
    retain: false,
    topic: "",
    packetId: 0,
    payload: new Uint8Array(0),
  };
  #out: Uint8Array[] = [];
  #acks = new Uint8Array(4 * 256);
  #ackBytes = 0;
  #writing = false;
  #goOn: (() => void) | null = null;
  #stopped = false;

  constructor(link: Link, version: 4 | 5, events: TapEvents) {
    super({ emitClose: true, autoDestroy: true });
    this.#link = link;
    this.#version = version;
    this.#events = events;
    this.#framer = new Framer(PACKET_BYTES_MOST, (bytes, at, bodyAt, end, cut) => {
      return this.#take(bytes, at, bodyAt, end, cut);
    });
    this.#readAll();
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
    this.#flush();
  }

  /** There is room again: hands the refused message over once more and reads on. */
  goOn(): void {
    if (!this.#stopped || this.destroyed) return;
    try {
      if (!this.#framer.resume()) return;
      this.#stopped = false;
      this.#events.onDrained();
      this.#goOn?.();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  async #readAll(): Promise<void> {
    try {
      for (;;) {
        const chunk = await this.#link.read();
        if (chunk === null || this.destroyed) break;
        if (!this.#framer.feed(chunk)) {
          this.#stopped = true;
          await new Promise<void>((resolve) => this.#goOn = resolve);
          this.#goOn = null;
        } else this.#events.onDrained();
        if (this.destroyed) break;
      }
      this.destroy();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  #take(bytes: Uint8Array, at: number, bodyAt: number, end: number, cut: boolean): boolean {
    const type = bytes[at] >> 4;
    if (type === PUBLISH) {
      const cutTo = cut ? PAYLOAD_BYTES_MOST + 1 : 0;
      readPublish(this.#publish, bytes, at, bodyAt, end, this.#version, this.#topics, cutTo);
      if (this.#publish.qos === 2) throw new FrameFault("a PUBLISH has QoS 2; 1 was subscribed");
      return this.#events.onPublish(this.#publish);
    }
    if (type === CONNACK) this.#events.onConnack(end - bodyAt < 2 ? 0xff : bytes[bodyAt + 1]);
    if (type === DISCONNECT) this.#events.onDisconnect(end > bodyAt ? bytes[bodyAt] : 0);
    this.push(Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at));
    return true;
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _: string, done: (error?: Error | null) => void): void {
    this.#send(chunk);
    done();
  }

  override _writev(
    chunks: { chunk: Uint8Array }[],
    done: (error?: Error | null) => void,
  ): void {
    for (const { chunk } of chunks) this.#send(chunk);
    done();
  }

  #send(chunk: Uint8Array): void {
    if (this.#stopped && this.#edge.between && chunk[0] >> 4 === PINGREQ) this.push(PINGRESP);
    this.#edge.add(chunk);
    this.#out.push(chunk);
    this.#flush();
  }

  #flush(): void {
    if (this.#writing || this.destroyed) return;
    this.#writing = true;
    // A microtask later, so that everything of this turn goes into one write.
    queueMicrotask(() => this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    try {
      for (;;) {
        const bytes = this.#takeOutgoing();
        if (bytes === null || this.destroyed) break;
        await this.#link.write(bytes);
      }
    } catch (error) {
      this.destroy(error as Error);
    }
    this.#writing = false;
  }

  #takeOutgoing(): Uint8Array | null {
    const acks = this.#edge.between ? this.#ackBytes : 0;
    let length = acks;
    for (const chunk of this.#out) length += chunk.length;
    if (length === 0) return null;
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const chunk of this.#out) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this.#out = [];
    if (acks > 0) {
      bytes.set(this.#acks.subarray(0, acks), at);
      this.#ackBytes = 0;
    }
    return bytes;
  }

  override _final(done: (error?: Error | null) => void): void {
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#link.close();
    this.#goOn?.();
    done(error);
  }
}
