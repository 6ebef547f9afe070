import { Buffer } from "node:buffer";
import mqtt from "mqtt-packet";
import { messageOf } from "../../base/errors.ts";
import type { Intake, Outcome, RawMessage } from "../../intake/intake.ts";
import { PAYLOAD_BYTES_MOST } from "../dialects/mod.ts";
import { FrameFault } from "../framing/framer.ts";
import type { Link } from "../framing/link.ts";
import { PacketStream } from "../framing/packet_stream.ts";
import { emptyPublish, type Publish, readPublish } from "../framing/publish.ts";
import { TopicNames } from "../framing/topics.ts";
import { InFlightWindow } from "../framing/window.ts";

/*
 * DESIGN
 * The gate sits between a client's socket and aedes. aedes acknowledges what it has accepted, so it is given
 * a PUBLISH only after its readings are committed: PUBACK after COMMIT, and subscribers see nothing that
 * could still be lost. Packets keep their order: what follows a waiting PUBLISH waits behind it, except
 * PINGREQ. What waits is bounded; beyond, the socket is not read.
 *
 * aedes sees only whole, well-formed packets: every other packet is parsed here first, so that a parser's
 * fault closes one connection and touches nothing else. A PUBLISH beyond the size limit is offered cut
 * (and refused as too large); aedes then gets a PUBLISH of the same id on the topic `$`, which it
 * acknowledges and gives to nobody.
 */

/**
 * What a client does and must be allowed to. `connect` is over TCP; a last will and a retained message are
 * publications that need this right too, because they come when their client is gone.
 */
export type MqttAction =
  | "connect"
  | "connect_web_socket"
  | "publish"
  | "retain"
  | "will"
  | "subscribe";

/** Who is connected, as the access room knows it. */
export interface BrokerIdentity {
  name: string;
  /** @param topic topic or filter; empty for connections */
  may(action: MqttAction, topic: string): boolean;
  /** Calls `end` once when the key is removed or has expired; returns what stops watching. */
  onEnded?(end: () => void): () => void;
}

/** The other end of a connection. */
export interface BrokerPeer {
  address: string;
  /** Nobody but this host: a loopback peer, on WebSocket also by Host and without forwarding headers. */
  loopback: boolean;
  by: "connect" | "connect_web_socket";
}

export interface GateDeps {
  intake: Pick<Intake, "offer" | "commitSoon" | "onRoom">;
  monotonic(): number;
  onMessage(): void;
  onOutcome(outcome: Outcome): void;
  /** A PUBLISH on a topic that is not the client's. */
  onForbidden(name: string, topic: string, payload: Uint8Array): void;
}

const WAITING_MOST = 2_000;
const WAITING_BYTES_MOST = 2 * 1024 * 1024;
const ASSUMED_WINDOW = 20;
const CONNECT = 1, PUBLISH = 3, PINGREQ = 12;
const RETAIN = 1;

/** A packet on its way to aedes. */
interface Waiting {
  bytes: Uint8Array;
  ready: boolean;
}

export class Gate extends PacketStream {
  readonly #deps: GateDeps;
  readonly #topics = new TopicNames();
  readonly #publish = emptyPublish();
  readonly #window = new InFlightWindow(ASSUMED_WINDOW);
  readonly #stopOnRoom: () => void;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #unsettled = 0;
  #settling = false;
  #gone = false;
  #stage: "new" | "connecting" | "connected" | "closing" = "new";
  #who: BrokerIdentity | null = null;
  #session = "";
  #namelessSession = false;
  #idle: (() => void) | null = null;
  #unwatch: (() => void) | undefined;

  constructor(link: Link, deps: GateDeps, packetBytesMost: number, readonly peer: BrokerPeer) {
    super(link, packetBytesMost);
    this.#deps = deps;
    this.#stopOnRoom = deps.intake.onRoom(() => this.goOn());
    this.begin();
  }

  /** It asked for a session to be kept and gave no id to find it by (MQTT 3.1.1, 3.1.3-8: refused). */
  get namelessSession(): boolean {
    return this.#namelessSession;
  }

  get who(): BrokerIdentity | null {
    return this.#who;
  }

  /** aedes accepted the client: its messages are accepted from now on. */
  accepted(who: BrokerIdentity, session: string): void {
    this.#who = who;
    this.#session = session;
    if (this.#stage === "connecting") this.#stage = "connected";
    this.#unwatch = who.onEnded?.(() => this.destroy(new Error("its key is not valid any more")));
    if (this.destroyed) this.#unwatch?.();
    this.goOn();
  }

  /** Accepts no more messages; resolves when those before are decided on. */
  async settle(): Promise<void> {
    this.#stage = "closing";
    if (this.#unsettled === 0) return;
    this.#deps.intake.commitSoon();
    await new Promise<void>((resolve) => this.#idle = resolve);
  }

  // aedes asks once for all that is there and waits for more only then; Deno's read() gives a chunk.
  override read(size?: number): Buffer | null {
    if (size !== undefined && size !== null) return super.read(size);
    const chunks: Buffer[] = [];
    for (let chunk = super.read(); chunk !== null; chunk = super.read()) chunks.push(chunk);
    return chunks.length === 0 ? null : chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  }

  protected override packet(
    bytes: Uint8Array,
    at: number,
    bodyAt: number,
    end: number,
    cut: boolean,
  ): boolean {
    const type = bytes[at] >> 4;
    if ((type === CONNECT) !== (this.#stage === "new")) {
      if (this.#stage === "connecting") return false;
      if (this.#stage === "closing") return true;
      throw new FrameFault("CONNECT is the first packet, and comes once");
    }
    if (this.#stage === "connecting") return false;
    if (this.#stage === "closing") return true;
    if (type === PUBLISH) return this.#take(bytes, at, bodyAt, end, cut);
    const packet = bytes.slice(at, end);
    const parsed = wellFormed(packet);
    if (type === CONNECT) {
      const { clientId, clean } = parsed as { clientId: string; clean: boolean };
      this.#namelessSession = clientId === "" && !clean;
      this.#stage = "connecting";
    }
    if (type === PINGREQ || this.#waiting.length === 0) this.pass(packet);
    else if (this.#full()) return false;
    else this.#wait({ bytes: packet, ready: true });
    return true;
  }

  #take(bytes: Uint8Array, at: number, bodyAt: number, end: number, cut: boolean): boolean {
    if (this.#full()) return false;
    const publish = this.#publish;
    const cutTo = cut ? PAYLOAD_BYTES_MOST + 1 : 0;
    readPublish(publish, bytes, at, bodyAt, end, 4, this.#topics, cutTo);
    if (/[#+\0]/.test(publish.topic)) throw new FrameFault("a PUBLISH has a wildcard in its topic");
    if (!mayPublish(this.#who!, publish.topic, (bytes[at] & RETAIN) !== 0)) {
      this.#deps.onForbidden(this.#who!.name, publish.topic, publish.payload);
      throw new FrameFault(`the client may not publish on ${JSON.stringify(publish.topic)}`);
    }
    const original = cut ? substitute(bytes[at], publish.packetId) : bytes.slice(at, end);
    const message = new Arrival(this, publish, this.#session, original);
    if (!this.#deps.intake.offer(message)) return false;
    this.#wait(message);
    this.#unsettled++;
    this.#deps.onMessage();
    return true;
  }

  protected override drained(): void {
    this.#settling = false;
    if (this.#unsettled === 0) return;
    if (this.#window.arrived(this.#unsettled, this.#deps.monotonic())) {
      this.#deps.intake.commitSoon();
    }
  }

  /** A message was decided on; called in order of arrival. */
  settled(arrival: Waiting, outcome: Outcome): void {
    this.#deps.onOutcome(outcome);
    if (!this.#settling) {
      this.#settling = true;
      this.#window.settling(this.#unsettled, this.#deps.monotonic());
      queueMicrotask(() => this.#release());
    }
    this.#unsettled--;
    if (outcome === "failed") {
      this.destroy(new Error("readings could not be stored, so they are not acknowledged"));
    } else arrival.ready = true;
    if (this.#unsettled === 0) this.#idle?.();
  }

  #full(): boolean {
    return this.#waiting.length >= WAITING_MOST || this.#waitingBytes >= WAITING_BYTES_MOST;
  }

  #wait(packet: Waiting): void {
    this.#waiting.push(packet);
    this.#waitingBytes += packet.bytes.length;
  }

  /** Gives aedes everything up to the first message that is not decided on. */
  #release(): void {
    this.#settling = false;
    if (this.destroyed) return;
    const open = this.#waiting.findIndex((packet) => !packet.ready);
    const ready = this.#waiting.splice(0, open < 0 ? this.#waiting.length : open);
    if (ready.length === 0) return;
    for (const { bytes } of ready) this.#waitingBytes -= bytes.length;
    this.pass(ready.length === 1 ? ready[0].bytes : Buffer.concat(ready.map((p) => p.bytes)));
    if (this.#gone && this.#waiting.length === 0) this.push(null);
    else this.goOn();
  }

  // A client may publish, say DISCONNECT and be gone: what it sent still goes to the subscribers.
  protected override ended(): void {
    this.#gone = true;
    if (this.#stage !== "connected") this.destroy();
    else if (this.#waiting.length === 0) this.push(null);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stopOnRoom();
    this.#unwatch?.();
    this.#stage = "closing";
    this.#waiting = [];
    this.#waitingBytes = 0;
    super._destroy(error, done);
  }
}

/** Whether a client may publish on a topic, and have it retained when it asks for that. */
export function mayPublish(who: BrokerIdentity, topic: string, retain: boolean): boolean {
  return who.may("publish", topic) && (!retain || who.may("retain", topic));
}

/** A message of a client, kept by the intake until it is decided on. */
class Arrival implements RawMessage, Waiting {
  readonly source = "broker";
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly packet: RawMessage["packet"];
  ready = false;
  readonly #gate: Gate;

  constructor(gate: Gate, publish: Publish, session: string, readonly bytes: Uint8Array) {
    this.topic = publish.topic;
    this.payload = publish.payload;
    this.#gate = gate;
    this.packet = publish.qos === 0
      ? undefined
      : { session, packetId: publish.packetId, again: publish.again };
  }

  done(outcome: Outcome): void {
    this.#gate.settled(this, outcome);
  }
}

/** An empty PUBLISH on `$` with the QoS and packet id of one that was too long. */
function substitute(header: number, packetId: number): Uint8Array {
  const flags = header & ~1;
  return packetId === 0
    ? new Uint8Array([flags, 3, 0, 1, 0x24])
    : new Uint8Array([flags, 5, 0, 1, 0x24, packetId >> 8, packetId & 0xff]);
}

/** Parses a packet as aedes will; throws a `FrameFault` where its parser would fail or throw. */
function wellFormed(packet: Uint8Array): mqtt.Packet {
  const parser = mqtt.parser();
  let fault: unknown = null;
  const packets: mqtt.Packet[] = [];
  parser.on("error", (error) => fault ??= error);
  parser.on("packet", (one) => packets.push(one));
  try {
    parser.parse(Buffer.from(packet.buffer, packet.byteOffset, packet.length));
  } catch (error) {
    fault ??= error;
  }
  if (fault !== null) throw new FrameFault(messageOf(fault));
  if (packets.length !== 1) throw new FrameFault("a packet is not what its length says");
  return packets[0];
}
