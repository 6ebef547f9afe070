import "../../base/denied_env.ts";
import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import { Aedes, type AuthenticateError, type Client } from "aedes";
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { nameId } from "../../base/ids.ts";
import type { Log } from "../../base/log.ts";
import type { Intake, Outcome } from "../../intake/intake.ts";
import type { RejectLog } from "../../intake/rejects.ts";
import { connLink, type Link } from "../framing/link.ts";
import type { MqttPublisher, OwnMessage, Source, SourceState } from "../source.ts";
import { bound, type Bounds, type Persistence } from "./bounds.ts";
import { type BrokerIdentity, type BrokerPeer, Gate, type GateDeps, mayPublish } from "./gate.ts";
import { type BrokerOptions, brokerOptions, type BrokerOptionsInput } from "./options.ts";
import { isForeignOrigin, socketLink } from "./web_socket.ts";

export type { BrokerIdentity, BrokerPeer, MqttAction } from "./gate.ts";

export interface BrokerDeps {
  intake: Pick<Intake, "offer" | "commitSoon" | "onRoom">;
  clock: Clock;
  log: Log;
  /** Counts what is refused before it reaches the intake (a topic that is not the client's). */
  rejects: Pick<RejectLog, "add">;
  /** Who a client is; null when it is nobody. `credentials` is null when it gave none. */
  authenticate(
    credentials: { user: string; password: string } | null,
    peer: BrokerPeer,
  ): BrokerIdentity | null;
}

/** Where a WebSocket request comes from, as the HTTP server knows it. */
export type SocketPeer = Omit<BrokerPeer, "by">;

export interface Broker extends Source, MqttPublisher {
  /** The port that is listened on, also when 0 was asked for. */
  port(): number;
  /** Answers a WebSocket request (subprotocol `mqtt`) at `/mqtt`. */
  handleUpgrade(request: Request, peer: SocketPeer): Response;
}

const FAREWELL_MS = 2_000;
const LISTEN_FIRST_MS = 1_000, LISTEN_MOST_MS = 30_000;
const ACCEPT_AGAIN_MS = 100, STEADY_MS = 1_000, TELL_MS = 60_000;
const BAD_CREDENTIALS = 4, NOT_AUTHORIZED = 5, BAD_CLIENT_ID = 2;

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
  #listener: Deno.TcpListener | null = null;
  #accepting: Promise<void> = Promise.resolve();
  #ending = new AbortController();
  /** Why nothing can be listened to or accepted at the moment. */
  #fault: string | null = null;
  #toldFaultMs = -Infinity;
  #state: SourceState["state"] = "stopped";
  #received = 0;
  #rejected = 0;
  #refusedConnections = 0;
  #lastMessageMs: number | null = null;

  constructor(private readonly deps: BrokerDeps, private readonly options: BrokerOptions) {
    const { intake, clock, rejects } = deps;
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
    this.#state = "starting";
    this.#ending = new AbortController();
    const aedes = this.#createAedes();
    await aedes.listen();
    this.#aedes = aedes;
    this.#bounds = bound(
      (aedes as unknown as { persistence: Persistence }).persistence,
      this.options,
    );
    if (!this.#listen()) this.#accepting = this.#listenLater();
  }

  /** False when the port cannot be had now; `state` says why. */
  #listen(): boolean {
    const { host, port } = this.options;
    try {
      this.#listener = Deno.listen({ hostname: host, port });
    } catch (error) {
      this.#state = "error";
      this.#fault = `The MQTT broker cannot listen on ${host}:${port} (${messageOf(error)}). ` +
        "Another broker may run there: set MQTT_PORT, or MQTT_URL to use that broker. " +
        "Perch tries again.";
      return false;
    }
    this.#fault = null;
    this.#state = "listening";
    this.#accepting = this.#accept(this.#listener);
    return true;
  }

  async #listenLater(): Promise<void> {
    const { log, clock } = this.deps;
    const { signal } = this.#ending;
    log.error(this.#fault!);
    let waitMs = LISTEN_FIRST_MS;
    do {
      await clock.sleep(waitMs * (0.5 + Math.random() / 2), signal).catch(() => {});
      if (signal.aborted) return;
      waitMs = Math.min(waitMs * 2, LISTEN_MOST_MS);
    } while (!this.#listen());
    log.info(this.#detail());
    await this.#accepting;
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#listener?.close();
    this.#listener = null;
    await this.#accepting;
    const settled = Promise.all([...this.#gates].map((gate) => gate.settle()));
    await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
    // What was just committed is acknowledged on the next turns.
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (const gate of this.#gates) gate.destroy();
    const aedes = this.#aedes;
    this.#aedes = null;
    if (aedes !== null) await new Promise<void>((resolve) => aedes.close(resolve));
    this.#state = "stopped";
  }

  port(): number {
    return this.#listener?.addr.port ?? 0;
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
      // Accepting stands still: whoever is connected goes on.
      state: this.#state === "listening" && this.#fault !== null ? "error" : this.#state,
      detail: this.#detail(),
      received: this.#received,
      rejected: this.#rejected,
      lastMessageMs: this.#lastMessageMs,
    };
  }

  #detail(): string {
    if (this.#fault !== null) return this.#fault;
    if (this.#state !== "listening") return "The broker does not listen.";
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

  async #accept(listener: Deno.TcpListener): Promise<void> {
    for (;;) {
      let conn: Deno.TcpConn;
      // One that waits is accepted at once or fails at once: while nothing happens, all is well.
      const steady = setTimeout(() => this.#accepts(null), STEADY_MS);
      try {
        conn = await listener.accept();
      } catch (error) {
        if (this.#listener === null) return;
        // Out of file descriptors, or a peer that left at once: others may still come.
        this.#accepts(error);
        await new Promise((resolve) => setTimeout(resolve, ACCEPT_AGAIN_MS));
        continue;
      } finally {
        clearTimeout(steady);
      }
      this.#acceptOne(conn);
    }
  }

  /** Says in state and log (once a minute) that connections cannot be accepted; null: they can. */
  #accepts(error: unknown): void {
    if (error === null) {
      this.#fault = null;
      return;
    }
    this.#fault = `No connection can be accepted: ${messageOf(error)}.`;
    const nowMs = this.deps.clock.monotonic();
    if (nowMs - this.#toldFaultMs < TELL_MS) return;
    this.#toldFaultMs = nowMs;
    this.deps.log.warn(this.#fault);
  }

  #acceptOne(conn: Deno.TcpConn): void {
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

  #count(address: string, by: 1 | -1): void {
    const n = (this.#addresses.get(address) ?? 0) + by;
    if (n > 0) this.#addresses.set(address, n);
    else this.#addresses.delete(address);
  }

  #createAedes(): Aedes {
    const aedes = new Aedes({
      connectTimeout: this.options.connectTimeoutMs,
      maxInflightInbound: 100,
      // The gate passes nothing on before the client is authenticated, so little ever waits there.
      queueLimit: 100,
      // A gate never makes aedes wait.
      drainTimeout: 0,
      maxTopicLevels: 32,
      authenticate: (client, user, password, done) => {
        try {
          this.#authenticate(client, user, password);
          done(null, true);
        } catch (error) {
          done(error as AuthenticateError, false);
        }
      },
      authorizePublish: (client, packet, done) => done(this.#authorizePublish(client, packet)),
      authorizeSubscribe: (client, subscription, done) => {
        const who = gateOf(client).who;
        const may = who !== null && who.may("subscribe", subscription.topic);
        done(null, may ? subscription : null);
      },
    });
    aedes.on("clientDisconnect", (client) => this.#bounds?.left(client.id));
    // A client that takes over its own id: the one before it left after the new one was seen.
    aedes.on("client", (client) => {
      const who = gateOf(client).who;
      if (who !== null) this.#bounds?.seen(client.id, who.name, client.clean);
    });
    (aedes as EventEmitter).on("error", (error) => this.#closed(error as Error));
    aedes.on("connectionError", (_, error) => this.#closed(error));
    aedes.on("clientError", (_, error) => this.#closed(error));
    aedes.on("keepaliveTimeout", () => {});
    // Topics that begin with $ are the broker's own: acknowledged, refused by the intake, given to nobody.
    const publish = aedes.publish.bind(aedes) as (...args: unknown[]) => void;
    aedes.publish = ((packet: { topic: string }, client: unknown, done?: () => void) => {
      if (typeof client === "object" && client !== null && packet.topic.startsWith("$")) done?.();
      else publish(packet, client, done);
    }) as typeof aedes.publish;
    return aedes;
  }

  #closed(error: Error): void {
    this.deps.log.debug("a client was disconnected", { reason: error.message });
  }

  #authenticate(client: Client, user?: string, password?: Readonly<Buffer>): void {
    const gate = gateOf(client);
    const { address, by } = gate.peer;
    if (gate.namelessSession) {
      throw refusal(BAD_CLIENT_ID, "a session that is kept needs a client id");
    }
    const credentials = user === undefined ? null : { user, password: password?.toString() ?? "" };
    const who = this.deps.authenticate(credentials, gate.peer);
    if (who === null || !who.may(by, "")) {
      const code = user === undefined ? NOT_AUTHORIZED : BAD_CREDENTIALS;
      this.deps.log.info("the broker refused a client", { address, user });
      throw refusal(code, "bad user name or password");
    }
    if (!this.#bounds!.seen(client.id, who.name, client.clean)) {
      throw refusal(BAD_CLIENT_ID, "the client id belongs to another user");
    }
    gate.accepted(who, nameId(`broker/${client.id}`));
  }

  /** Messages passed the gate before; only a last will comes here first. */
  #authorizePublish(
    client: Client | null,
    packet: { topic: string; payload: string | Uint8Array; retain: boolean },
  ): Error | null {
    if (client === null) return new Error("nobody publishes this");
    if ((client as unknown as { will: unknown }).will !== packet) return null;
    const who = gateOf(client).who;
    const { topic, retain } = packet;
    const may = who !== null && !topic.startsWith("$") && who.may("will", topic) &&
      mayPublish(who, topic, retain);
    if (!may) {
      return new Error("the last will is on a topic that is not the client's");
    }
    const payload = typeof packet.payload === "string"
      ? new TextEncoder().encode(packet.payload)
      : packet.payload;
    this.#gateDeps.onMessage();
    const onOutcome = this.#gateDeps.onOutcome;
    this.deps.intake.offer({ source: this.name, topic, payload, done: onOutcome });
    return null;
  }
}

function gateOf(client: Client): Gate {
  return client.conn as unknown as Gate;
}

function refusal(returnCode: number, message: string): AuthenticateError {
  return Object.assign(new Error(message), { returnCode });
}

/** Whether an address is this host's loopback. */
export function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}
