import "../../base/denied_env.ts";
import { Buffer } from "node:buffer";
import type { IClientOptions } from "mqtt";
import { MqttClient } from "mqtt";
import type { Clock } from "../../base/clock.ts";
import type { Log } from "../../base/log.ts";
import type { Intake, Outcome, RawMessage } from "../../intake/intake.ts";
import { InFlightWindow } from "../framing/window.ts";
import type { Publish } from "../framing/publish.ts";
import { Ending } from "./ending.ts";
import type { Link } from "../framing/link.ts";
import type { OwnMessage } from "../source.ts";
import type { MqttOptions } from "./options.ts";
import type { Connection, SessionEnd } from "./reconnecting.ts";
import { Publishing } from "./publishing.ts";
import { Subscriptions } from "./subscriptions.ts";
import { Tap } from "./tap.ts";

/** mosquitto's default, and the least that brokers allow. */
const ASSUMED_WINDOW = 20;

export interface SessionDeps {
  intake: Pick<Intake, "offer" | "commitSoon" | "onRoom">;
  clock: Clock;
  log: Log;
  /** Topics beside those of the options: those of codecs. */
  extraTopics(): readonly string[];
  /** Nothing is taken: messages stay unacknowledged. */
  paused(): boolean;
  /** It brings no readings, and somebody else takes it: acknowledged and left alone. */
  isForOthers(topic: string): boolean;
  /** Counts every message that arrives. */
  onMessage(): void;
  onOutcome(outcome: Outcome): void;
  /** Connected and subscribed. */
  onReady(): void;
}

/** One connection to the broker, from CONNECT to its end. */
export class Session implements Connection {
  readonly #tap: Tap;
  readonly #client: MqttClient;
  readonly #subscriptions: Subscriptions;
  readonly #window: InFlightWindow;
  readonly #name: string;
  readonly #stopOnRoom: () => void;
  readonly ended: Promise<SessionEnd>;
  readonly #ending = new Ending();
  #unacknowledged = 0;
  #settling = false;
  /** Messages that came while nothing was taken, and stay with the broker. */
  #skipped = 0;
  #accepting = true;
  #open = true;
  #idle: (() => void) | null = null;
  readonly #publishing: Publishing;

  /**
   * @param name identifies the persistent session in packet marks
   * @param link an open connection; the session closes it
   */
  constructor(
    private readonly deps: SessionDeps,
    private readonly options: MqttOptions,
    version: 4 | 5,
    name: string,
    link: Link,
  ) {
    this.#name = name;
    this.#window = new InFlightWindow(version === 5 ? options.receiveMaximum : ASSUMED_WINDOW);
    this.#tap = new Tap(link, version, {
      onPublish: (publish) => this.#received(publish),
      onDrained: () => this.#drained(),
      onConnack: (code) => this.#ending.connack(code),
      onDisconnect: (code) => this.#ending.disconnected(code),
    });
    this.#stopOnRoom = deps.intake.onRoom(() => this.#tap.goOn());
    this.#tap.on("error", (error) => this.#ending.broke(error));
    this.ended = new Promise((resolve) => {
      this.#tap.once("close", () => {
        this.#close();
        resolve(this.#ending.end(this.#skipped > 0 && !this.deps.paused()));
        this.#publishing.lost();
      });
    });
    this.#client = new MqttClient(() => this.#tap, clientOptions(options, version));
    this.#publishing = new Publishing(this.#client);
    this.#client.on("error", (error) => this.#ending.because(error.message));
    const { log, extraTopics } = deps;
    this.#subscriptions = new Subscriptions(this.#client, {
      ...options,
      version,
      log,
      extraTopics,
    });
    this.#client.once("connect", () => this.#subscribe());
  }

  /** See `MqttPublisher`. */
  publish(message: OwnMessage, signal: AbortSignal): Promise<void> {
    return this.#publishing.publish(message, signal);
  }

  /** Takes no more messages, waits a moment for what is unacknowledged, says goodbye. */
  async stop(): Promise<void> {
    this.#accepting = false;
    const farewell = async () => {
      if (this.#unacknowledged > 0) {
        this.deps.intake.commitSoon();
        await new Promise<void>((resolve) => this.#idle = resolve);
      }
      // Reading continues, so that the answer to the farewell is seen; messages stay unacknowledged.
      this.#tap.goOn();
      const topic = stateTopic(this.options);
      if (this.#client.connected && topic !== null) {
        await this.#client.publishAsync(topic, "offline", { qos: 1, retain: true });
      }
      if (this.#client.connected) await this.#client.endAsync(false);
    };
    await this.#ending.leave(farewell, this.#tap, this.ended);
  }

  /**
   * What came meanwhile was not acknowledged, and the broker sends that with a new connection alone. (To stop reading
   * instead would end the connection: answers to pings come behind the messages.)
   */
  resumed(): void {
    if (this.#skipped === 0) return;
    this.#accepting = false;
    this.#ending.because("what came while the intake was paused is asked for again");
    this.#tap.destroy();
  }

  #received(publish: Publish): boolean {
    if (!this.#accepting) return true;
    if (this.deps.paused()) {
      this.#skipped++;
      return true;
    }
    if (this.deps.isForOthers(publish.topic)) {
      if (publish.qos > 0) this.#tap.acknowledge(publish.packetId);
      return true;
    }
    const message = new ReceivedMessage(this, publish, this.#name);
    if (!this.deps.intake.offer(message)) return false;
    if (publish.qos > 0) this.#unacknowledged++;
    this.deps.onMessage();
    return true;
  }

  #drained(): void {
    this.#settling = false;
    if (this.#unacknowledged === 0) return;
    const full = this.#window.arrived(this.#unacknowledged, this.deps.clock.monotonic());
    if (full) this.deps.intake.commitSoon();
  }

  /** A message was decided on. Messages of a connection that is gone will come again. */
  settled(qos: number, packetId: number, outcome: Outcome): void {
    this.deps.onOutcome(outcome);
    if (qos === 0 || !this.#open) return;
    if (!this.#settling) {
      this.#settling = true;
      this.#window.settling(this.#unacknowledged, this.deps.clock.monotonic());
    }
    this.#unacknowledged--;
    if (outcome === "failed") {
      this.#ending.because("readings could not be stored, so they stay with the broker");
      this.#tap.destroy();
      this.#close();
    } else this.#tap.acknowledge(packetId);
    if (this.#unacknowledged === 0) this.#idle?.();
  }

  /** Codecs have other topics now. */
  topicsChanged(): void {
    if (this.#open) this.#subscriptions.renew();
  }

  async #subscribe(): Promise<void> {
    const refusal = await this.#subscriptions.begin();
    if (!this.#open) return;
    if (refusal !== null) {
      this.#ending.rather(refusal);
      this.#tap.destroy();
      return;
    }
    const topic = stateTopic(this.options);
    if (topic !== null) this.#client.publish(topic, "online", { qos: 1, retain: true });
    this.deps.onReady();
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#accepting = false;
    this.#stopOnRoom();
    this.#idle?.();
    this.#client.end(true);
  }
}

/** One message, kept by the intake until it is decided on. */
class ReceivedMessage implements RawMessage {
  readonly source = "mqtt";
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly packet: RawMessage["packet"];
  /** Set by the broker only on what it sends because of a subscription. */
  readonly retained: boolean;
  readonly #session: Session;
  readonly #qos: number;
  readonly #packetId: number;

  constructor(session: Session, publish: Publish, name: string) {
    this.topic = publish.topic;
    this.payload = publish.payload;
    this.retained = publish.retain;
    this.#session = session;
    this.#qos = publish.qos;
    this.#packetId = publish.packetId;
    this.packet = publish.qos === 0
      ? undefined
      : { session: name, packetId: publish.packetId, again: publish.again };
  }

  done(outcome: Outcome): void {
    this.#session.settled(this.#qos, this.#packetId, outcome);
  }
}

function stateTopic(options: MqttOptions): string | null {
  return options.stateTopic === undefined ? `perch/${options.clientId}/state` : options.stateTopic;
}

function clientOptions(options: MqttOptions, version: 4 | 5): IClientOptions {
  const topic = stateTopic(options);
  return {
    protocolId: "MQTT",
    protocolVersion: version,
    clientId: options.clientId,
    clean: false,
    keepalive: options.keepaliveS,
    connectTimeout: options.connectTimeoutMs,
    username: options.user,
    password: options.password?.reveal(),
    will: topic === null
      ? undefined
      : { topic, payload: Buffer.from("offline"), qos: 1, retain: true },
    properties: version === 5
      ? {
        sessionExpiryInterval: options.sessionExpiryS,
        receiveMaximum: options.receiveMaximum,
      }
      : undefined,
    // A session is one connection; the source opens the next one.
    reconnectPeriod: 0,
    resubscribe: false,
    timerVariant: "native",
  };
}
