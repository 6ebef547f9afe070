/** Connection after connection to one broker, until it is stopped: backoff, version of MQTT, certificates. */
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import { Secret } from "../../base/secret.ts";
import type { Link } from "../framing/link.ts";
import type { SourceState } from "../source.ts";
import { dial as dialOut } from "./connect.ts";
import { whyUnreachable } from "./faults.ts";
import type { MqttOptions } from "./options.ts";
import { type Dial, type DialTarget, shownAddress, targetOf } from "./target.ts";

/** How a connection ended. */
export interface SessionEnd {
  /** As a part of a sentence; null when Perch ended it. */
  why: string | null;
  /** The broker refused this version of MQTT. */
  versionRefused: boolean;
  /** The broker closed the connection without an answer to CONNECT. */
  unanswered: boolean;
  /** Perch ended it to get what it had not acknowledged. */
  asksAgain: boolean;
}

/** One connection, from CONNECT to its end. */
export interface Connection {
  readonly ended: Promise<SessionEnd>;
  stop(): Promise<void>;
}

/** How the broker is reached. */
export type BrokerOptions = Pick<
  MqttOptions,
  "url" | "user" | "password" | "caFile" | "certFile" | "keyFile" | "version" | "connectTimeoutMs"
>;

export interface ReconnectingDeps<C extends Connection> {
  clock: Clock;
  log: Log;
  /** Opens connections; the guarded one by default. */
  dial?: Dial;
  random?: () => number;
  /** @param onReady connected and subscribed */
  open(link: Link, version: 4 | 5, onReady: () => void): C;
}

const FIRST_BACKOFF_MS = 500;
const MOST_BACKOFF_MS = 30_000;
/** A connection that lasted this long was a good one: the next failure starts from the first backoff. */
const GOOD_MS = 2_000;
/** Most backoff while the broker is reached, but the connection is soon lost again. */
const MOST_REACHED_MS = 4_000;
/** With `auto`, MQTT 5 is tried again after so many connections with 3.1.1 ended. */
const TRY_5_AGAIN = 20;

export class Reconnecting<C extends Connection> {
  /** The connection that is open; null: there is none. */
  current: C | null = null;
  state: SourceState["state"] = "stopped";
  /** Where it connects to, for people. */
  readonly at: string;
  readonly #target: DialTarget;
  readonly #abort = new AbortController();
  #running: Promise<void> | null = null;
  #version: 4 | 5;
  #unanswered = 0;
  #since311 = 0;
  #why = "";
  #nextTryMs = 0;

  constructor(
    private readonly deps: ReconnectingDeps<C>,
    private readonly options: BrokerOptions,
  ) {
    this.#target = targetOf(options.url);
    this.at = `the broker at ${shownAddress(this.#target)}`;
    this.#version = options.version === "3.1.1" ? 4 : 5;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#abort.abort(new DOMException("stopping", "AbortError"));
    await this.current?.stop();
    await this.#running;
    this.state = "stopped";
  }

  /** Why there is no connection, one sentence; empty: not known yet, or there is one. */
  get why(): string {
    return this.#why;
  }

  /** What is to be said of it. @param connected what a good connection does, as a part of a sentence */
  detail(connected: () => string): string {
    switch (this.state) {
      case "connected":
        return `Connected to ${this.at} with ${
          this.#version === 5 ? "MQTT 5" : "MQTT 3.1.1"
        }, ${connected()}.`;
      case "starting":
        return `Connecting to ${this.at}.`;
      case "stopped":
        return `Not connected to ${this.at}: stopped.`;
      default: {
        const seconds = Math.ceil(
          Math.max(0, this.#nextTryMs - this.deps.clock.monotonic()) / 1000,
        );
        const next = seconds === 0 ? "Trying again now." : `Trying again in ${seconds} s.`;
        return `${this.#why} Readings already stored are safe. ${next}`;
      }
    }
  }

  async #run(): Promise<void> {
    const { clock, log } = this.deps;
    const random = this.deps.random ?? Math.random;
    const { signal } = this.#abort;
    let backoffMs = FIRST_BACKOFF_MS;
    this.state = "starting";
    while (!signal.aborted) {
      const startedMs = clock.monotonic();
      const why = await this.#connection();
      if (signal.aborted) break;
      const lastedMs = clock.monotonic() - startedMs;
      if (why.reached) {
        backoffMs = lastedMs > GOOD_MS ? FIRST_BACKOFF_MS : Math.min(backoffMs, MOST_REACHED_MS);
      }
      const text = why.reached
        ? `Lost ${this.at} (${why.text}).`
        : `Could not reach ${this.at} (${why.text}).`;
      if (text !== this.#why || why.reached) log.warn(text);
      this.#why = text;
      // Full jitter over the upper half: many clients do not reconnect at the same moment.
      const waitMs = why.atOnce ? 0 : backoffMs * (0.5 + random() / 2);
      this.#nextTryMs = clock.monotonic() + waitMs;
      this.state = "reconnecting";
      if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => {});
      backoffMs = Math.min(backoffMs * 2, MOST_BACKOFF_MS);
    }
    this.state = "stopped";
  }

  /** One connection, from the dial to its end. Says why it ended. */
  async #connection(): Promise<{ text: string; reached: boolean; atOnce: boolean }> {
    const { signal } = this.#abort;
    const timeout = AbortSignal.timeout(this.options.connectTimeoutMs);
    let connection: C;
    try {
      const target = { ...this.#target, ...await this.#certificates() };
      const link = await (this.deps.dial ?? dialOut)(target, AbortSignal.any([signal, timeout]));
      if (signal.aborted) {
        link.close();
        return { text: "stopping", reached: false, atOnce: true };
      }
      connection = this.#open(link);
    } catch (error) {
      return { text: whyUnreachable(error), reached: false, atOnce: false };
    }
    this.current = connection;
    const end = await connection.ended;
    this.current = null;
    const reached = this.state === "connected";
    const atOnce = this.#chooseVersion(end) || end.asksAgain;
    return { text: end.why ?? "it closed the connection", reached, atOnce };
  }

  #open(link: Link): C {
    const version = this.#version;
    return this.deps.open(link, version, () => {
      this.state = "connected";
      this.#why = "";
      this.#unanswered = 0;
      this.deps.log.info(`connected to ${this.at}`, { version: version === 5 ? "5" : "3.1.1" });
    });
  }

  /** With `auto`: 3.1.1 after MQTT 5 was refused or met with silence. True to try again at once. */
  #chooseVersion(end: SessionEnd): boolean {
    if (this.options.version !== "auto") return false;
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
    const { caFile, certFile, keyFile } = this.options;
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

/** Options with the user and password that stand in the address. */
export function withUserOf<Options extends Pick<MqttOptions, "url" | "user" | "password">>(
  options: Options,
): Options {
  const url = new URL(options.url);
  return {
    ...options,
    user: options.user ?? decoded(url.username),
    password: options.password ?? secret(decoded(url.password)),
  };
}

function decoded(part: string): string | undefined {
  return part === "" ? undefined : decodeURIComponent(part);
}

function secret(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text);
}
