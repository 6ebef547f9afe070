import type { z } from "zod";
import type { Clock } from "../base/clock.ts";
import type { Config } from "../base/config.ts";
import type { FieldError } from "../base/errors.ts";
import type { Outgoing } from "../base/outgoing.ts";
import type { Message } from "./message.ts";
import type { PushDesk } from "./push/browsers.ts";

/** What became of one try. `answer` is the far side's reply: bounded, without secrets. */
export type Outcome =
  | { state: "delivered"; answer: string }
  /**
   * Later may help; `afterMs` is the wait that the far side asked for. `remaining`: the others have it, only these
   * recipients are asked again.
   */
  | { state: "retry"; answer: string; afterMs?: number; remaining?: readonly string[] }
  /** Trying again would give the same. `remaining`: only these recipients did not get it. */
  | { state: "failed"; answer: string; remaining?: readonly string[] }
  /** The receiver does not exist any more (410): nothing more is to be sent there. */
  | { state: "gone"; answer: string };

/** What a channel may use while it sends. */
export interface SendContext {
  outgoing: Outgoing;
  /** Aborts when Perch stops or the try takes too long. */
  signal: AbortSignal;
  clock: Clock;
  /** What this Perch is called in what it sends. */
  site: string;
  /** What the environment says: stands in for options that are left empty. */
  environment: ChannelEnvironment;
  /** Publishes at the broker that Perch uses; the one door to MQTT is lib/sources. */
  publishMqtt: PublishMqtt;
  /** Browsers that people told to show notices. */
  push: PushDesk;
}

/** What a channel may use to see whether the far side answers. */
export type GreetContext = Pick<SendContext, "outgoing" | "signal" | "environment">;

export type ChannelEnvironment = Pick<Config, "smtp" | "slackUrl">;

/** Resolves when the broker acknowledged. Rejects while there is no connection. */
export type PublishMqtt = (
  message: { topic: string; payload: string; qos: 0 | 1; retain: boolean },
  signal: AbortSignal,
) => Promise<void>;

/** A way out for messages: one file in `channels/`, one line in `channels/mod.ts`. */
export interface Channel {
  /** Name in the API and the database; never changes. */
  readonly kind: string;
  readonly title: string;
  /** One sentence: what it does and what it needs. */
  readonly about: string;
  /**
   * Options: validation, help and the settings form derive from it. Each has a title, most a description;
   * `secret: true` in its meta makes it write-only.
   */
  readonly options: z.ZodObject;
  readonly limits: ChannelLimits;
  /** People read it: floods become a digest there. */
  readonly forPeople: boolean;
  /** It can write to the addresses of `message.to` instead of its own recipients. */
  readonly toPersons: boolean;
  /** It reaches devices that people chose themselves, and so carries no invitation. */
  readonly ownDevices?: boolean;
  /** It shows pictures of a message; the others have the link. */
  readonly showsPictures?: boolean;
  /** It attaches the file of a message. */
  readonly attachesFiles?: boolean;
  /** The environment alone sets up a channel of this kind, with all options left empty. */
  inEnvironment?(environment: ChannelEnvironment): boolean;
  /** What the form of a new one begins with, where its defaults would not do. */
  start?(environment: ChannelEnvironment): Readonly<Record<string, unknown>>;
  /** Why it cannot send with these options, whatever the message; null: nothing is missing. */
  fault?(options: unknown, environment: ChannelEnvironment): FieldError | null;
  /** What is refused of options that somebody gives. */
  refused?(options: unknown): FieldError | null;
  /** Adds to the options of a new channel what Perch makes itself (a signing secret), before they are validated. */
  prepare?(options: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Sees whether the far side answers, without sending anything. @throws why it does not */
  greet?(options: unknown, context: GreetContext): Promise<void>;
  /** Sends once. Never throws: whatever goes wrong is an outcome. `options` as they are stored. */
  send(options: unknown, message: Message, context: SendContext): Promise<Outcome>;
}

export interface ChannelLimits {
  /** Least time between two sends of one channel. */
  intervalMs: number;
  /** Most that one try may take; who sends aborts its signal then. */
  timeoutMs: number;
}
