/**
 * Sends messages through a broker, one at a time. What moves the place of this site is the answer of its centre alone:
 * that the broker has a message says nothing of where it ends up.
 */
import type { Clock } from "../../base/clock.ts";
import { messageOf } from "../../base/errors.ts";
import { randomId } from "../../base/ids.ts";
import {
  type Asked,
  createSealer,
  isUnknown,
  NO_SESSION,
  type Replied,
  repliedShape,
  type Sealer,
  secretOf,
} from "../sealed.ts";
import { askTopic, replyTopic } from "../topics.ts";
import type { Forward } from "../wire.ts";
import type { Sent } from "./forwarder.ts";
import { readAnswer } from "./https.ts";
import type { BrokerUpstream } from "./line.ts";

/** A connection to a broker that keeps itself open. */
export interface BrokerLine {
  /** Connected and subscribed to what was asked for. */
  isReady(): boolean;
  /** Still trying for the first time. */
  isStarting(): boolean;
  /** Why it is not, one sentence. */
  why(): string;
  /** Resolves when the broker acknowledged. */
  publish(topic: string, payload: Uint8Array, signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export interface MqttLinkDeps {
  clock: Clock;
  open(
    to: BrokerUpstream,
    topic: string,
    onMessage: (payload: Uint8Array) => void,
  ): Promise<BrokerLine>;
}

export interface MqttLink {
  send(to: BrokerUpstream, message: Forward, signal: AbortSignal): Promise<Sent>;
  /** Whether a centre answers that knows the key; null: yes, else a sentence. Nothing of the site is sent. */
  knock(to: BrokerUpstream, signal: AbortSignal): Promise<string | null>;
  /** Leaves the broker; the next message connects again. */
  close(): Promise<void>;
}

interface Open {
  to: BrokerUpstream;
  line: BrokerLine;
  ask: Sealer;
  replies: Sealer;
  session: string;
  token: string | null;
  n: number;
}

type Answer = Pick<Replied, "status" | "body" | "token">;

const CONNECT_MS = 10_000;
const LOOK_MS = 50;
/** The broker or the way back lost it: it is sent again, the same. */
const AGAIN_MS = 5_000;
const TRIES = 6;
/** So long a centre that knows the key may take to answer after somebody said that it is not known. */
const UNKNOWN_MS = 2_000;
const UNKNOWN_STATUS = 401;

export function createMqttLink({ clock, open: openLine }: MqttLinkDeps): MqttLink {
  let open: Open | null = null;
  let onReply: ((payload: Uint8Array) => void) | null = null;

  async function close(): Promise<void> {
    const was = open;
    open = null;
    await was?.line.stop();
  }

  async function opened(to: BrokerUpstream): Promise<Open> {
    if (open !== null && JSON.stringify(open.to) === JSON.stringify(to)) return open;
    await close();
    const secret = secretOf(to.site, to.key);
    const line = await openLine(to, replyTopic(to.site), (payload) => onReply?.(payload));
    const ask = await createSealer(secret, askTopic(to.site));
    const replies = await createSealer(secret, replyTopic(to.site));
    return open = { ...{ to, line, ask, replies }, session: randomId(20), token: null, n: 0 };
  }

  async function connected({ line }: Open, signal: AbortSignal): Promise<boolean> {
    const untilMs = clock.monotonic() + CONNECT_MS;
    while (!line.isReady() && line.isStarting() && clock.monotonic() < untilMs) {
      await clock.sleep(LOOK_MS, signal);
    }
    return line.isReady();
  }

  /** The centre's answer to one question; null: there is none. */
  async function ask(
    { to, line, ask, replies, session, token }: Open,
    n: number,
    message: Forward | null,
    signal: AbortSignal,
  ): Promise<Answer | null> {
    const content: Asked = { session, n, token: message === null ? null : token, message };
    const question = await ask.seal(content);
    const { promise: answer, resolve } = Promise.withResolvers<Answer>();
    const over = new AbortController();
    let isDoubted = false;
    const hear = async (payload: Uint8Array) => {
      const { success, data } = repliedShape.safeParse(await replies.open(payload));
      // Of another program with this key, or of a question before.
      if (success && data.session === session && data.n === n) return resolve(data);
      // Said again it is waited for once: whoever floods the topic makes nothing of it.
      if (isDoubted || !await isUnknown(payload, question) || isDoubted) return;
      isDoubted = true;
      // Anybody can say so: a centre that knows the key answers all the same.
      await clock.sleep(UNKNOWN_MS, over.signal);
      resolve({ status: UNKNOWN_STATUS, body: "" });
    };
    onReply = (payload) => void hear(payload).catch(() => {});
    try {
      for (let i = 0; i < TRIES; i++) {
        await line.publish(askTopic(to.site), question, signal);
        const done = new AbortController();
        const late = clock.sleep(AGAIN_MS, AbortSignal.any([signal, done.signal]))
          .then(() => null, () => null);
        const first = await Promise.race([answer, late]);
        done.abort();
        signal.throwIfAborted();
        if (first !== null) return first;
      }
      return null;
    } finally {
      over.abort();
      onReply = null;
    }
  }

  /** The answer, with a session begun where there is none. */
  async function exchange(
    at: Open,
    message: Forward,
    signal: AbortSignal,
  ): Promise<Answer | null> {
    for (let i = 0; i < 2; i++) {
      if (at.token === null) {
        Object.assign(at, { session: randomId(20), n: 0 });
        const begun = await ask(at, 0, null, signal);
        if (begun?.token === undefined) return begun;
        at.token = begun.token;
      }
      const answer = await ask(at, ++at.n, message, signal);
      if (answer?.status !== NO_SESSION) return answer;
      at.token = null;
    }
    return null;
  }

  /** What came of a question, in the words of `readAnswer`. */
  async function tried<T>(
    to: BrokerUpstream,
    signal: AbortSignal,
    run: (at: Open) => Promise<Answer | null>,
    read: (answer: Answer) => T,
  ): Promise<T | Sent> {
    const { centre, site } = to;
    const at = await opened(to);
    if (!await connected(at, signal)) {
      signal.throwIfAborted();
      return { kind: "later", why: at.line.why() };
    }
    try {
      const answer = await run(at);
      if (answer !== null) return read(answer);
      const why = `The broker ${centre} is there, but no centre answers for the site ${site}.`;
      return { kind: "later", why };
    } catch (error) {
      signal.throwIfAborted();
      const why = `The broker ${centre} did not take a message: ${plain(messageOf(error))}.`;
      return { kind: "later", why };
    }
  }

  return {
    close,
    async knock(to, signal) {
      const read = ({ status, body, token }: Answer) =>
        token === undefined ? readAnswer(to, { status, text: body }) : null;
      const found = await tried(to, signal, (at) => ask(at, 0, null, signal), read);
      return found === null || found.kind === "taken" ? null : found.why;
    },
    send: (to, message, signal) =>
      tried(
        to,
        signal,
        (at) => exchange(at, message, signal),
        ({ status, body }) => readAnswer(to, { status, text: body }),
      ),
  };
}

const plain = (text: string) => text.replace(/[.\s]+$/, "");
