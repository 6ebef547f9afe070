import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { nameId } from "../../base/ids.ts";
import type { Log } from "../../base/log.ts";
import { Secret } from "../../base/secret.ts";
import type { Intake } from "../../intake/intake.ts";
import type { MqttPublisher, OwnMessage, Source, SourceState } from "../source.ts";
import { dial as dialOut } from "./connect.ts";
import { whyUnreachable } from "./faults.ts";
import { type Dial, type DialTarget, shownAddress, targetOf } from "./target.ts";
import { type MqttOptions, mqttOptions, type MqttOptionsInput } from "./options.ts";
import { Session, type SessionEnd } from "./session.ts";

export interface MqttDeps {
  intake: Pick<Intake, "offer" | "commitSoon" | "onRoom">;
  clock: Clock;
  log: Log;
  /** Topics beside those of the options: those of codecs and devices. Default: none. */
  extraTopics?: () => readonly string[];
  /** Nothing is taken for now: messages stay with the broker. Default: never. */
  paused?: () => boolean;
  /** Opens connections; the guarded one by default. */
  dial?: Dial;
  random?: () => number;
}

const FIRST_BACKOFF_MS = 500;
const MOST_BACKOFF_MS = 30_000;
/** A connection that lasted this long was a good one: the next failure starts from the first backoff. */
const GOOD_MS = 2_000;
/** Most backoff while the broker is reached, but the connection is soon lost again. */
const MOST_REACHED_MS = 4_000;
/** Devices have hundreds. */
const TOPICS_SHOWN = 24;
/** With `auto`, MQTT 5 is tried again after so many connections with 3.1.1 ended. */
const TRY_5_AGAIN = 20;

/**
 * Creates the MQTT client: QoS 1, persistent session, acknowledged only after commit. It keeps trying
 * until it is stopped; `state()` reports what is wrong.
 */
export function createMqttSource(deps: MqttDeps, input: MqttOptionsInput): MqttSource {
  return new MqttClientSource(deps, mqttOptions.parse(input));
}

export interface MqttSource extends Source, MqttPublisher {
  /** `extraTopics` gives others now. */
  topicsChanged(): void;
  /** `paused` is over. */
  resumed(): void;
}

class MqttClientSource implements MqttSource {
  readonly name = "mqtt";
  readonly #target: DialTarget;
  readonly #options: MqttOptions;
  readonly #sessionName: string;
  readonly #abort = new AbortController();
  #running: Promise<void> | null = null;
  #session: Session | null = null;
  #version: 4 | 5;
  #unanswered = 0;
  #since311 = 0;
  #state: SourceState["state"] = "stopped";
  #why = "";
  #nextTryMs = 0;
  #received = 0;
  #rejected = 0;
  #lastMessageMs: number | null = null;

  constructor(private readonly deps: MqttDeps, options: MqttOptions) {
    const url = new URL(options.url);
    this.#options = {
      ...options,
      user: options.user ?? decoded(url.username),
      password: options.password ?? secret(decoded(url.password)),
    };
    this.#target = targetOf(options.url);
    this.#version = options.version === "3.1.1" ? 4 : 5;
    this.#sessionName = nameId(`${options.clientId}@${shownAddress(this.#target)}`);
  }

  start(): Promise<void> {
    this.#running ??= this.#run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#abort.abort(new DOMException("stopping", "AbortError"));
    await this.#session?.stop();
    await this.#running;
    this.#state = "stopped";
  }

  state(): SourceState {
    return {
      name: this.name,
      kind: "mqtt",
      state: this.#state,
      detail: this.#detail(),
      received: this.#received,
      rejected: this.#rejected,
      lastMessageMs: this.#lastMessageMs,
    };
  }

  async publish(message: OwnMessage, signal: AbortSignal): Promise<void> {
    if (this.#session === null || this.#state !== "connected") throw new Error(this.#detail());
    await this.#session.publish(message, signal);
  }

  topicsChanged(): void {
    this.#session?.topicsChanged();
  }

  resumed(): void {
    this.#session?.resumed();
  }

  #detail(): string {
    const at = `the broker at ${shownAddress(this.#target)}`;
    const version = this.#version === 5 ? "MQTT 5" : "MQTT 3.1.1";
    switch (this.#state) {
      case "connected":
        return `Connected to ${at} with ${version}, subscribed to ${this.#subscribedTo()}.`;
      case "starting":
        return `Connecting to ${at}.`;
      case "stopped":
        return `Not connected to ${at}: stopped.`;
      default: {
        const seconds = Math.ceil(
          Math.max(0, this.#nextTryMs - this.deps.clock.monotonic()) / 1000,
        );
        const next = seconds === 0 ? "Trying again now." : `Trying again in ${seconds} s.`;
        return `${this.#why} Readings already stored are safe. ${next}`;
      }
    }
  }

  #subscribedTo(): string {
    const topics = [...this.#options.topics, ...this.deps.extraTopics?.() ?? []];
    const more = topics.length - TOPICS_SHOWN;
    const shown = topics.slice(0, TOPICS_SHOWN).join(", ");
    return more > 0 ? `${shown} and ${more} more topics` : shown;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.deps;
    const random = this.deps.random ?? Math.random;
    const { signal } = this.#abort;
    const at = `the broker at ${shownAddress(this.#target)}`;
    let backoffMs = FIRST_BACKOFF_MS;
    this.#state = "starting";
    while (!signal.aborted) {
      const startedMs = clock.monotonic();
      const why = await this.#connection();
      if (signal.aborted) break;
      const lastedMs = clock.monotonic() - startedMs;
      if (why.reached) {
        backoffMs = lastedMs > GOOD_MS ? FIRST_BACKOFF_MS : Math.min(backoffMs, MOST_REACHED_MS);
      }
      const text = why.reached
        ? `Lost ${at} (${why.text}).`
        : `Could not reach ${at} (${why.text}).`;
      if (text !== this.#why || why.reached) log.warn(text);
      this.#why = text;
      // Full jitter over the upper half: many clients do not reconnect at the same moment.
      const waitMs = why.atOnce ? 0 : backoffMs * (0.5 + random() / 2);
      this.#nextTryMs = clock.monotonic() + waitMs;
      this.#state = "reconnecting";
      if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => {});
      backoffMs = Math.min(backoffMs * 2, MOST_BACKOFF_MS);
    }
    this.#state = "stopped";
  }

  /** One connection, from the dial to its end. Says why it ended. */
  async #connection(): Promise<{ text: string; reached: boolean; atOnce: boolean }> {
    const { signal } = this.#abort;
    const timeout = AbortSignal.timeout(this.#options.connectTimeoutMs);
    let session: Session;
    try {
      const target = { ...this.#target, ...await this.#certificates() };
      const link = await (this.deps.dial ?? dialOut)(target, AbortSignal.any([signal, timeout]));
      if (signal.aborted) {
        link.close();
        return { text: "stopping", reached: false, atOnce: true };
      }
      session = this.#open(link);
    } catch (error) {
      return { text: whyUnreachable(error), reached: false, atOnce: false };
    }
    this.#session = session;
    const end = await session.ended;
    this.#session = null;
    const reached = this.#state === "connected";
    const atOnce = this.#chooseVersion(end) || end.asksAgain;
    return { text: end.why ?? "it closed the connection", reached, atOnce };
  }

  #open(link: Awaited<ReturnType<Dial>>): Session {
    const { intake, clock, log } = this.deps;
    const version = this.#version;
    const onReady = () => {
      this.#state = "connected";
      this.#why = "";
      this.#unanswered = 0;
      log.info(`connected to the broker at ${shownAddress(this.#target)}`, {
        version: version === 5 ? "5" : "3.1.1",
        topics: this.#options.topics,
      });
    };
    const onMessage = () => {
      this.#received++;
      this.#lastMessageMs = clock.now();
    };
    const onOutcome = (outcome: string) => {
      if (outcome === "rejected") this.#rejected++;
    };
    const { extraTopics = () => [], paused = () => false } = this.deps;
    const deps = { intake, clock, log, extraTopics, paused, onReady, onMessage, onOutcome };
    return new Session(deps, this.#options, version, this.#sessionName, link);
  }

  /** With `auto`: 3.1.1 after MQTT 5 was refused or met with silence. True to try again at once. */
  #chooseVersion(end: SessionEnd): boolean {
    if (this.#options.version !== "auto") return false;
    if (this.#version === 4) {
      if (++this.#since311 >= TRY_5_AGAIN) this.#version = 5;
      return false;
    }
    if (end.unanswered) this.#unanswered++;
    if (!end.versionRefused && this.#unanswered < 2) return false;
    this.deps.log.info("the broker refuses MQTT 5; trying MQTT 3.1.1");
    this.#unanswered = 0;
    this.#since311 = 0;
    this.#version = 4;
    return end.versionRefused;
  }

  async #certificates(): Promise<Pick<DialTarget, "ca" | "cert" | "key">> {
    const { caFile, certFile, keyFile } = this.#options;
    const read = async (path: string | undefined) => {
      if (path === undefined) return undefined;
      try {
        return await Deno.readTextFile(path);
      } catch (error) {
        throw new Error(`${path} cannot be read: ${messageOf(error)}`);
      }
    };
    return { ca: await read(caFile), cert: await read(certFile), key: await read(keyFile) };
  }
}

function decoded(part: string): string | undefined {
  return part === "" ? undefined : decodeURIComponent(part);
}

function secret(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text);
}
