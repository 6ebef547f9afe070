import type { Clock } from "../../base/clock.ts";
import { nameId } from "../../base/ids.ts";
import type { Log } from "../../base/log.ts";
import type { Intake } from "../../intake/intake.ts";
import type { Link } from "../framing/link.ts";
import type { MqttPublisher, OwnMessage, Source, SourceState } from "../source.ts";
import { type MqttOptions, mqttOptions, type MqttOptionsInput } from "./options.ts";
import { Reconnecting, withUserOf } from "./reconnecting.ts";
import { Session } from "./session.ts";
import { type Dial, shownAddress, targetOf } from "./target.ts";

export interface MqttDeps {
  intake: Pick<Intake, "offer" | "commitSoon" | "onRoom">;
  clock: Clock;
  log: Log;
  /** Topics beside those of the options: those of codecs and devices. Default: none. */
  extraTopics?: () => readonly string[];
  /** Connected and subscribed, each time. */
  onConnected?: () => void;
  /** Nothing is taken for now: messages stay with the broker. Default: never. */
  paused?: () => boolean;
  /** Topics among those of the options that bring no readings, as somebody else takes them. Default: none. */
  isForOthers?: (topic: string) => boolean;
  /** Opens connections; the guarded one by default. */
  dial?: Dial;
  random?: () => number;
}

/** Devices have hundreds. */
const TOPICS_SHOWN = 24;

/**
 * Creates the MQTT client: QoS 1, persistent session, acknowledged only after commit. It keeps trying
 * until it is stopped; `state()` reports what is wrong.
 */
export function createMqttSource(deps: MqttDeps, input: MqttOptionsInput): MqttSource {
  return new MqttClientSource(deps, withUserOf(mqttOptions.parse(input)));
}

export interface MqttSource extends Source, MqttPublisher {
  /** `extraTopics` gives others now. */
  topicsChanged(): void;
  /** `paused` is over. */
  resumed(): void;
}

class MqttClientSource implements MqttSource {
  readonly name = "mqtt";
  readonly #broker: Reconnecting<Session>;
  readonly #sessionName: string;
  #received = 0;
  #rejected = 0;
  #lastMessageMs: number | null = null;

  constructor(private readonly deps: MqttDeps, private readonly options: MqttOptions) {
    this.#sessionName = nameId(`${options.clientId}@${shownAddress(targetOf(options.url))}`);
    const open = (link: Link, version: 4 | 5, onReady: () => void) =>
      this.#open(link, version, () => {
        onReady();
        deps.onConnected?.();
      });
    this.#broker = new Reconnecting({ ...deps, open }, options);
  }

  start(): Promise<void> {
    this.#broker.start();
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return this.#broker.stop();
  }

  state(): SourceState {
    return {
      name: this.name,
      kind: "mqtt",
      state: this.#broker.state,
      detail: this.#detail(),
      received: this.#received,
      rejected: this.#rejected,
      lastMessageMs: this.#lastMessageMs,
    };
  }

  async publish(message: OwnMessage, signal: AbortSignal): Promise<void> {
    const { current, state } = this.#broker;
    if (current === null || state !== "connected") throw new Error(this.#detail());
    await current.publish(message, signal);
  }

  topicsChanged(): void {
    this.#broker.current?.topicsChanged();
  }

  resumed(): void {
    this.#broker.current?.resumed();
  }

  #detail(): string {
    return this.#broker.detail(() => `subscribed to ${this.#subscribedTo()}`);
  }

  #subscribedTo(): string {
    const topics = [...this.options.topics, ...this.deps.extraTopics?.() ?? []];
    const more = topics.length - TOPICS_SHOWN;
    const shown = topics.slice(0, TOPICS_SHOWN).join(", ");
    return more > 0 ? `${shown} and ${more} more topics` : shown;
  }

  #open(link: Link, version: 4 | 5, onReady: () => void): Session {
    const { intake, clock, log } = this.deps;
    const onMessage = () => {
      this.#received++;
      this.#lastMessageMs = clock.now();
    };
    const onOutcome = (outcome: string) => {
      if (outcome === "rejected") this.#rejected++;
    };
    const { extraTopics = () => [], paused = () => false, isForOthers = () => false } = this.deps;
    const deps = {
      ...{ intake, clock, log, extraTopics, paused, isForOthers },
      ...{ onReady, onMessage, onOutcome },
    };
    return new Session(deps, this.options, version, this.#sessionName, link);
  }
}
