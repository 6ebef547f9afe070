import "../../base/denied_env.ts";
import { Buffer } from "node:buffer";
import type { Aedes } from "aedes";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Intake, Outcome } from "../../intake/intake.ts";
import type { RejectLog } from "../../intake/rejects.ts";
import { connLink, type Link } from "../framing/link.ts";
import type { MqttPublisher, OwnMessage, Source, SourceState } from "../source.ts";
import { bound, type Bounds, type Persistence } from "./bounds.ts";
import { type BrokerPeer, Gate, type GateDeps } from "./gate.ts";
import { Listener } from "./listener.ts";
import { type BrokerOptions, brokerOptions, type BrokerOptionsInput } from "./options.ts";
import { type Authenticate, createAedes } from "./rules.ts";
import { isForeignOrigin, socketLink } from "./web_socket.ts";

export type { BrokerIdentity, BrokerPeer, MqttAction } from "./gate.ts";

export interface BrokerDeps {
  intake: Pick<Intake, "offer" | "commitSoon" | "onRoom">;
  clock: Clock;
  log: Log;
  /** Counts what is refused before it reaches the intake (a topic that is not the client's). */
  rejects: Pick<RejectLog, "add">;
  authenticate: Authenticate;
  /** It listens. */
  onListening?: () => void;
}

/** Where a WebSocket request comes from, as the HTTP server knows it. */
export type SocketPeer = Omit<BrokerPeer, "by">;

export interface Broker extends Source, MqttPublisher {
  /** The port that is listened on, also when 0 was asked for. */
  port(): number;
  /** What it keeps on a topic. */
  retained(topic: string): Uint8Array | undefined;
  /** Answers a WebSocket request (subprotocol `mqtt`) at `/mqtt`. */
  handleUpgrade(request: Request, peer: SocketPeer): Response;
}

const FAREWELL_MS = 2_000;

/** Creates the embedded broker (MQTT 3.1.1, QoS 0 to 2; sessions and retained messages in memory). */
export function createBroker(deps: BrokerDeps, input: BrokerOptionsInput = {}): Broker {
  return new EmbeddedBroker(deps, brokerOptions.parse(input));
}

class EmbeddedBroker implements Broker {
  readonly name = "broker";
  readonly #gates = new Set<Gate>();
  readonly #addresses = new Map<string, number>();
  readonly #gateDeps: GateDeps;
  #aedes: Aedes | null = null;
  #bounds: Bounds | null = null;
  readonly #listener: Listener;
  #phase: "stopped" | "starting" | "started" = "stopped";
  #received = 0;
  #rejected = 0;
  #refusedConnections = 0;
  #lastMessageMs: number | null = null;

  constructor(private readonly deps: BrokerDeps, private readonly options: BrokerOptions) {
    const { intake, clock, log, rejects } = deps;
    this.#listener = new Listener({
      host: options.host,
      port: options.port,
      clock,
      log,
      onConnection: (conn) => this.#accept(conn),
      onListening: () => {
        log.info(this.#detail());
        deps.onListening?.();
      },
    });
    this.#gateDeps = {
      intake,
      monotonic: () => clock.monotonic(),
      onMessage: () => {
        this.#received++;
        this.#lastMessageMs = clock.now();
      },
      onOutcome: (outcome: Outcome) => {
        if (outcome === "rejected") this.#rejected++;
      },
      onForbidden: (name, topic, payload) => {
        this.#rejected++;
        const message = `${name} may not publish on this topic`;
        const code = "forbidden_topic";
        rejects.add({ tsMs: clock.now(), source: "broker", topic, code, message, payload });
      },
    };
  }

  /** Does not fail when the port is taken: it is tried again, and meanwhile `state` says so. */
  async start(): Promise<void> {
    this.#phase = "starting";
    const { log, authenticate } = this.deps;
    const aedes = createAedes({
      log,
      options: this.options,
      authenticate,
      bounds: () => this.#bounds,
      onWill: (topic, payload) => this.#takeWill(topic, payload),
    });
    await aedes.listen();
    this.#aedes = aedes;
    this.#bounds = bound(
      (aedes as unknown as { persistence: Persistence }).persistence,
      this.options,
    );
    this.#phase = "started";
    this.#listener.start();
  }

  async stop(): Promise<void> {
    await this.#listener.stop();
    const settled = Promise.all([...this.#gates].map((gate) => gate.settle()));
    await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
    // What was just committed is acknowledged on the next turns.
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (const gate of this.#gates) gate.destroy();
    const aedes = this.#aedes;
    this.#aedes = null;
    if (aedes !== null) await new Promise<void>((resolve) => aedes.close(resolve));
    this.#phase = "stopped";
  }

  port(): number {
    return this.#listener.port;
  }

  retained(topic: string): Uint8Array | undefined {
    return this.#bounds?.retained(topic);
  }

  async publish({ topic, payload, qos, retain }: OwnMessage, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aedes = this.#aedes;
    if (aedes === null) throw new Error("The broker does not listen.");
    const packet = {
      cmd: "publish" as const,
      topic,
      payload: Buffer.from(payload),
      qos,
      retain,
      dup: false,
    };
    await new Promise<void>((resolve, reject) => {
      aedes.publish(packet, (error) => error ? reject(error) : resolve());
    });
  }

  state(): SourceState {
    return {
      name: this.name,
      kind: "broker",
      state: this.#state(),
      detail: this.#detail(),
      received: this.#received,
      rejected: this.#rejected,
      lastMessageMs: this.#lastMessageMs,
    };
  }

  #state(): SourceState["state"] {
    if (this.#phase !== "started") return this.#phase;
    // Also while nothing can be accepted: whoever is connected stays so.
    return this.#listener.fault === null ? "listening" : "error";
  }

  #detail(): string {
    if (this.#listener.fault !== null) return this.#listener.fault;
    if (this.#phase !== "started") return "The broker does not listen.";
    const n = this.#aedes?.connectedClients ?? 0;
    const clients = n === 1 ? "1 client is" : `${n} clients are`;
    const full = this.#refusedConnections === 0
      ? ""
      : ` ${this.#refusedConnections} connections were refused because too many were open.`;
    return `Listening on ${this.options.host}:${this.port()} (MQTT 3.1.1); ${clients} connected.${full}`;
  }

  handleUpgrade(request: Request, peer: SocketPeer): Response {
    if (this.#aedes === null) return new Response("The broker does not run.\n", { status: 503 });
    if (isForeignOrigin(request)) {
      return new Response("A page of another site may not connect.\n", { status: 403 });
    }
    const offered = request.headers.get("sec-websocket-protocol") ?? "";
    const isMqtt = offered.split(",").some((protocol) => protocol.trim() === "mqtt");
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket" || !isMqtt) {
      return new Response("MQTT over WebSocket, subprotocol mqtt.\n", {
        status: 426,
        headers: { upgrade: "websocket" },
      });
    }
    if (this.#full(peer.address, peer.loopback)) {
      return new Response("Too many connections.\n", { status: 503 });
    }
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol: "mqtt" });
    this.#open(socketLink(socket), { ...peer, by: "connect_web_socket" });
    return response;
  }

  #accept(conn: Deno.TcpConn): void {
    try {
      conn.setNoDelay(true);
      conn.setKeepAlive(true);
    } catch {
      // it left already; the first read says so
    }
    const { hostname } = conn.remoteAddr as Deno.NetAddr;
    const loopback = isLoopback(hostname);
    if (this.#full(hostname, loopback)) conn.close();
    else this.#open(connLink(conn), { address: hostname, loopback, by: "connect" });
  }

  #full(address: string, loopback: boolean): boolean {
    const { connectionsMost, connectionsPerAddressMost } = this.options;
    const ofAddress = this.#addresses.get(address) ?? 0;
    if (
      this.#gates.size < connectionsMost && (loopback || ofAddress < connectionsPerAddressMost)
    ) return false;
    if (this.#refusedConnections++ === 0) {
      this.deps.log.warn("the broker refuses connections", { address, open: this.#gates.size });
    }
    return true;
  }

  #open(link: Link, peer: BrokerPeer): void {
    const { address } = peer;
    const gate = new Gate(link, this.#gateDeps, this.options.packetBytesMost, peer);
    this.#gates.add(gate);
    this.#count(address, 1);
    gate.once("close", () => {
      this.#gates.delete(gate);
      this.#count(address, -1);
    });
    gate.on("error", (error) => {
      this.deps.log.debug("a client was disconnected", { address, reason: error.message });
    });
    this.#aedes!.handle(gate);
  }

  #takeWill(topic: string, payload: Uint8Array): void {
    const { onMessage, onOutcome } = this.#gateDeps;
    onMessage();
    this.deps.intake.offer({ source: this.name, topic, payload, done: onOutcome });
  }

  #count(address: string, by: 1 | -1): void {
    const n = (this.#addresses.get(address) ?? 0) + by;
    if (n > 0) this.#addresses.set(address, n);
    else this.#addresses.delete(address);
  }
}

/** Whether an address is this host's loopback. */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}
