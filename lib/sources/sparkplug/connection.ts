import "../../base/denied_env.ts";
import { Buffer } from "node:buffer";
import { type IClientOptions, type ISubscriptionGrant, MqttClient } from "mqtt";
import type { Clock } from "../../base/clock.ts";
import type { Intake, Outcome } from "../../intake/intake.ts";
import type { Link } from "../framing/link.ts";
import type { Publish } from "../framing/publish.ts";
import { Ending } from "../mqtt/ending.ts";
import { whyUnreachable } from "../mqtt/faults.ts";
import type { BrokerOptions, Connection, SessionEnd } from "../mqtt/reconnecting.ts";
import { Tap } from "../mqtt/tap.ts";
import { oldStatePayload, saysOnline, statePayload } from "./state.ts";
import { NAMESPACE, oldStateTopic, stateTopic } from "./topic.ts";

export interface ConnectionOptions extends BrokerOptions {
  /** Names this host to edge nodes. */
  hostId: string;
  clientId: string;
  /** Says its state as version 2.2 had it too. */
  oldState: boolean;
}

export interface ConnectionDeps {
  clock: Clock;
  onRoom: Intake["onRoom"];
  commitSoon: Intake["commitSoon"];
  /** Takes a message; false: there is no room, it comes again. `done` is called once. */
  take(publish: Publish, done: (outcome: Outcome) => void): boolean;
  onReady(): void;
}

const KEEPALIVE_S = 30;
/** Its state is said again so seldom: another host of the same name must not make a storm of it. */
const STATE_AGAIN_MS = 1_000;

/**
 * One connection of the host application: a clean session, its will, its state. What came is acknowledged in order,
 * once it is decided on; what was not is lost with the connection, and made good by births.
 */
export class HostConnection implements Connection {
  readonly ended: Promise<SessionEnd>;
  readonly #tap: Tap;
  readonly #client: MqttClient;
  readonly #stateTopic: string;
  /** Of this connection's will and birth. */
  readonly #timestampMs: number;
  readonly #stopOnRoom: () => void;
  readonly #unacknowledged: { packetId: number; decided: boolean }[] = [];
  readonly #ending = new Ending();
  #online = false;
  #accepting = true;
  #saidMs = -Infinity;
  #sayAgain: ReturnType<typeof setTimeout> | undefined;

  /** @param link an open connection; closed with this one */
  constructor(
    private readonly deps: ConnectionDeps,
    private readonly options: ConnectionOptions,
    version: 4 | 5,
    link: Link,
  ) {
    this.#stateTopic = stateTopic(options.hostId);
    this.#timestampMs = deps.clock.now();
    this.#tap = new Tap(link, version, {
      onPublish: (publish) => this.#received(publish),
      onDrained: () => this.#unacknowledged.length > 0 && deps.commitSoon(),
      onConnack: (code) => this.#ending.connack(code),
      onDisconnect: (code) => this.#ending.disconnected(code),
    });
    this.#stopOnRoom = deps.onRoom(() => this.#tap.goOn());
    this.#tap.on("error", (error) => this.#ending.broke(error));
    this.ended = new Promise((resolve) => {
      this.#tap.once("close", () => {
        this.#close();
        resolve(this.#ending.end());
      });
    });
    const will = statePayload(false, this.#timestampMs);
    const topic = this.#stateTopic;
    this.#client = new MqttClient(() => this.#tap, clientOptions(options, version, topic, will));
    this.#client.on("error", (error) => this.#ending.because(error.message));
    this.#client.once("connect", () => void this.#begin());
  }

  /** Sends a command: QoS 0, not retained. What cannot be sent is dropped. */
  command(topic: string, payload: Uint8Array): void {
    if (!this.#online) return;
    this.#client.publish(topic, Buffer.from(payload), { qos: 0, retain: false });
  }

  /** Says that it leaves, with the present time, and leaves. */
  async stop(): Promise<void> {
    this.#accepting = false;
    const farewell = async () => {
      // What comes is read, so that the answers are seen, and not acknowledged.
      this.#tap.goOn();
      if (!this.#client.connected) return;
      if (this.#online) {
        this.#online = false;
        await this.#say(false, this.deps.clock.now());
      }
      await this.#client.endAsync(false);
    };
    await this.#ending.leave(farewell, this.#tap, this.ended);
  }

  /** Its own state first, then everything; only then it says that it is there. */
  async #begin(): Promise<void> {
    try {
      for (const filter of [this.#stateTopic, `${NAMESPACE}/#`]) await this.#subscribe(filter);
      this.#online = true;
      await this.#say(true, this.#timestampMs);
      this.deps.onReady();
    } catch (error) {
      this.#ending.because(whyUnreachable(error));
      this.#tap.destroy();
    }
  }

  async #subscribe(filter: string): Promise<void> {
    const granted = await new Promise<ISubscriptionGrant[]>((resolve, reject) => {
      this.#client.subscribe(
        filter,
        { qos: 1 },
        (error, grants) => error ? reject(error) : resolve(grants ?? []),
      );
    });
    if (granted.some(({ qos }) => Number(qos) >= 0x80)) {
      throw new Error(`it refused the topic ${filter}`);
    }
  }

  async #say(online: boolean, timestampMs: number): Promise<void> {
    const { hostId, oldState } = this.options;
    this.#saidMs = this.deps.clock.monotonic();
    const retained = { qos: 1, retain: true } as const;
    const said = [
      this.#client.publishAsync(this.#stateTopic, statePayload(online, timestampMs), retained),
    ];
    if (oldState) {
      said.push(
        this.#client.publishAsync(oldStateTopic(hostId), oldStatePayload(online), retained),
      );
    }
    await Promise.all(said);
  }

  #received(publish: Publish): boolean {
    if (!this.#accepting) return true;
    const { qos, packetId } = publish;
    const entry = { packetId, decided: false };
    const done = (outcome: Outcome) => this.#decided(qos, entry, outcome);
    const isState = publish.topic === this.#stateTopic;
    if (!isState && !this.deps.take(publish, done)) return false;
    if (qos > 0) this.#unacknowledged.push(entry);
    if (isState) {
      this.#ownState(publish);
      done("stored");
    }
    if (entry.decided) this.#acknowledge();
    return true;
  }

  #decided(qos: number, entry: { decided: boolean }, outcome: Outcome): void {
    entry.decided = true;
    if (outcome === "failed") {
      // Nobody sends it again, so everything has to be told anew.
      this.#ending.because("readings could not be stored, so that births have to be asked for");
      this.#tap.destroy();
    } else if (qos > 0) this.#acknowledge();
  }

  /** In the order in which they came. */
  #acknowledge(): void {
    while (this.#unacknowledged[0]?.decided) {
      this.#tap.acknowledge(this.#unacknowledged.shift()!.packetId);
    }
  }

  /** The will of a connection before may come late, and nodes would take this host to be gone. */
  #ownState({ payload, retain }: Publish): void {
    if (!this.#online || retain || saysOnline(payload) || this.#sayAgain !== undefined) return;
    const waitMs = this.#saidMs + STATE_AGAIN_MS - this.deps.clock.monotonic();
    this.#sayAgain = setTimeout(() => {
      this.#sayAgain = undefined;
      if (this.#online) this.#say(true, this.#timestampMs).catch(() => {});
    }, Math.max(0, waitMs));
  }

  #close(): void {
    this.#accepting = this.#online = false;
    clearTimeout(this.#sayAgain);
    this.#stopOnRoom();
    this.#client.end(true);
  }
}

function clientOptions(
  options: ConnectionOptions,
  version: 4 | 5,
  topic: string,
  will: string,
): IClientOptions {
  return {
    protocolId: "MQTT",
    protocolVersion: version,
    clientId: options.clientId,
    clean: true,
    keepalive: KEEPALIVE_S,
    connectTimeout: options.connectTimeoutMs,
    username: options.user,
    password: options.password?.reveal(),
    will: { topic, payload: Buffer.from(will), qos: 1, retain: true },
    properties: version === 5 ? { sessionExpiryInterval: 0 } : undefined,
    reconnectPeriod: 0,
    resubscribe: false,
    timerVariant: "native",
  };
}
