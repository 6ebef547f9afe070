import "../../base/denied_env.ts";
import { Buffer } from "node:buffer";
import { type IClientOptions, type ISubscriptionGrant, MqttClient } from "mqtt";
import type { Link } from "../framing/link.ts";
import type { Publish } from "../framing/publish.ts";
import type { OwnMessage } from "../source.ts";
import { Ending } from "./ending.ts";
import { whyUnreachable } from "./faults.ts";
import { Publishing } from "./publishing.ts";
import type { BrokerOptions, Connection, SessionEnd } from "./reconnecting.ts";
import { Tap } from "./tap.ts";

export interface PlainOptions extends BrokerOptions {
  clientId: string;
  /** Filters to subscribe to, at QoS 1, before the connection is ready. */
  topics: readonly string[];
  /** Published by the broker when the connection is lost. */
  will?: OwnMessage;
}

export interface PlainDeps {
  /** What comes is acknowledged as it is handed over: nothing here waits for a disk. */
  onMessage(topic: string, payload: Uint8Array): void;
  /** Connected and subscribed. */
  onReady(connection: PlainConnection): void;
  /** Said before it leaves by itself. */
  farewell?: () => OwnMessage | null;
}

const KEEPALIVE_S = 30;

/** One connection with a clean session: nothing is kept for it at the broker, and nothing here for the broker. */
export class PlainConnection implements Connection {
  readonly ended: Promise<SessionEnd>;
  readonly #tap: Tap;
  readonly #client: MqttClient;
  readonly #publishing: Publishing;
  readonly #ending = new Ending();

  /** @param link an open connection; closed with this one */
  constructor(
    private readonly deps: PlainDeps,
    private readonly options: PlainOptions,
    version: 4 | 5,
    link: Link,
  ) {
    this.#tap = new Tap(link, version, {
      onPublish: (publish) => this.#received(publish),
      onDrained: () => {},
      onConnack: (code) => this.#ending.connack(code),
      onDisconnect: (code) => this.#ending.disconnected(code),
    });
    this.#tap.on("error", (error) => this.#ending.broke(error));
    this.ended = new Promise((resolve) => {
      this.#tap.once("close", () => {
        this.#client.end(true);
        resolve(this.#ending.end());
        this.#publishing.lost();
      });
    });
    this.#client = new MqttClient(() => this.#tap, clientOptions(options, version));
    this.#publishing = new Publishing(this.#client);
    this.#client.on("error", (error) => this.#ending.because(error.message));
    this.#client.once("connect", () => void this.#begin());
  }

  /** See `MqttPublisher`. */
  publish(message: OwnMessage, signal: AbortSignal): Promise<void> {
    return this.#publishing.publish(message, signal);
  }

  /** Sends messages one behind the other, nothing between them, and waits for nothing. */
  send(messages: readonly OwnMessage[]): void {
    for (const { topic, payload, qos, retain } of messages) {
      this.#client.publish(topic, Buffer.from(payload), { qos, retain });
    }
  }

  /**
   * Resolves when the broker has taken all that was sent on this connection before, at QoS 0 too: it answers a
   * subscription behind that. Rejects when the connection is lost.
   */
  taken(signal: AbortSignal): Promise<void> {
    return this.#publishing.answered(this.#subscribe(this.options.topics), signal);
  }

  /** Says goodbye and leaves. */
  async stop(): Promise<void> {
    const farewell = async () => {
      if (!this.#client.connected) return;
      const last = this.deps.farewell?.() ?? null;
      if (last !== null) {
        const { topic, payload, qos, retain } = last;
        await this.#client.publishAsync(topic, Buffer.from(payload), { qos, retain });
      }
      await this.#client.endAsync(false);
    };
    await this.#ending.leave(farewell, this.#tap, this.ended);
  }

  async #begin(): Promise<void> {
    const { topics } = this.options;
    try {
      const granted = topics.length === 0 ? [] : await this.#subscribe(topics);
      const refused = granted.filter(({ qos }) => Number(qos) >= 0x80).map(({ topic }) => topic);
      if (refused.length > 0) throw new Error(`it refused the topics ${refused.join(", ")}`);
      this.deps.onReady(this);
    } catch (error) {
      this.#ending.because(whyUnreachable(error));
      this.#tap.destroy();
    }
  }

  #subscribe(topics: readonly string[]): Promise<ISubscriptionGrant[]> {
    return new Promise((resolve, reject) => {
      this.#client.subscribe([...topics], { qos: 1 }, (error, grants) => {
        // What was refused stands in the grants, and is an error too.
        if (error && (grants ?? []).length === 0) reject(error);
        else resolve(grants ?? []);
      });
    });
  }

  #received({ topic, payload, qos, packetId }: Publish): boolean {
    if (qos > 0) this.#tap.acknowledge(packetId);
    this.deps.onMessage(topic, payload);
    return true;
  }
}

function clientOptions(options: PlainOptions, version: 4 | 5): IClientOptions {
  const { will } = options;
  return {
    protocolId: "MQTT",
    protocolVersion: version,
    clientId: options.clientId,
    clean: true,
    keepalive: KEEPALIVE_S,
    connectTimeout: options.connectTimeoutMs,
    username: options.user,
    password: options.password?.reveal(),
    will: will && { ...will, payload: Buffer.from(will.payload) },
    properties: version === 5 ? { sessionExpiryInterval: 0 } : undefined,
    reconnectPeriod: 0,
    resubscribe: false,
    timerVariant: "native",
  };
}
