/** Makes the message of a delivery when it is its turn, and sends it once. */
import { type AttachedDeps, withFile } from "./attached.ts";
import type { Clock } from "../base/clock.ts";
import { messageOf as sentenceOf } from "../base/errors.ts";
import type { Outgoing } from "../base/outgoing.ts";
import type { EventLog } from "../events/events_store.ts";
import type { ChannelEnvironment, Outcome, PublishMqtt, SendContext } from "./channel.ts";
import type { ChannelList } from "./channel_list.ts";
import { type Delivery, DIGEST } from "./delivery.ts";
import type { DigestStore } from "./digest_store.ts";
import { linkMessage, type OneUseLink } from "./link_message.ts";
import type { Message } from "./message.ts";
import { digestOf, messageOf } from "./message_of.ts";
import { type PictureDeps, withPictures } from "./pictures.ts";
import type { PushDesk } from "./push/browsers.ts";
import { familyOf } from "./rule.ts";

export interface Dispatch {
  /** Whatever goes wrong is an outcome. */
  delivery(delivery: Delivery, signal: AbortSignal): Promise<Outcome>;
  /** Sends once, in the time that the channel allows. @throws what the channel throws */
  message(channel: string, message: Message, signal: AbortSignal): Promise<Outcome>;
  /** Sees whether the far side answers, without sending anything. @throws why it does not */
  greet(channel: string): Promise<void>;
}

export interface DispatchDeps extends Pick<PictureDeps, "picturesOf">, AttachedDeps {
  clock: Clock;
  events: Pick<EventLog, "find">;
  channels: Pick<ChannelList, "kindOf" | "optionsOf">;
  digests: Pick<DigestStore, "of">;
  outgoing: Outgoing;
  environment: ChannelEnvironment;
  publishMqtt: PublishMqtt;
  push: PushDesk;
  publicUrl: string | null;
  site: string;
  zone: () => string;
  /** Makes the one-use link of an invitation or reset; null when the person may not have one any more. */
  linkFor: (userId: string, kind: OneUseLink["kind"]) => Promise<OneUseLink | null>;
}

const GREET_MS = 10_000;
/** A slow way to the mail server: half a megabit a second. */
const SLOW_BYTES_PER_MS = 60;
/** Sentences of a digest that are written out. */
const DIGEST_LINES = 50;

export function createDispatch(deps: DispatchDeps): Dispatch {
  const { clock, events, channels, digests } = deps;
  const compose = () => ({ publicUrl: deps.publicUrl, zone: deps.zone() });

  async function sendDelivery(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    try {
      const message = await messageFor(delivery);
      if (message === null) {
        return {
          state: "failed",
          answer: "the event no longer exists; there is nothing to send",
        };
      }
      const kind = channels.kindOf(delivery.channelId);
      const whole = kind?.attachesFiles === true ? await withFile(deps, message) : message;
      const shown = kind?.showsPictures === true ? await withPictures(deps, whole, signal) : whole;
      return await sendNow(delivery.channelId, shown, signal);
    } catch (error) {
      return { state: "retry", answer: sentenceOf(error) };
    }
  }

  async function messageFor(delivery: Delivery): Promise<Message | null> {
    const all = delivery.target === "" ? [] : [delivery.target];
    const to = delivery.remaining === null ? all : [...delivery.remaining];
    if (delivery.eventType === DIGEST) return await digest(delivery, to);
    const event = await events.find(delivery.eventId!);
    if (event === null) return null;
    if (familyOf(event.type) !== "access") return messageOf(event, { ...compose(), to });
    const kind = event.type === "access.invited" ? "invite" : "reset";
    const link = await deps.linkFor(event.subject.slice("user:".length), kind);
    return link === null ? null : linkMessage(event, link, { ...compose(), to, site: deps.site });
  }

  async function digest(delivery: Delivery, to: string[]): Promise<Message> {
    const { items, total } = await digests.of(delivery.id, DIGEST_LINES);
    const messages: Message[] = [];
    for (const { eventId } of items) {
      const event = await events.find(eventId!);
      if (event !== null) messages.push(messageOf(event, compose()));
    }
    const left = total - messages.length;
    const { uid, severity, createdMs, id } = delivery;
    const { publicUrl } = deps;
    return {
      ...digestOf(uid, messages, { ...compose(), left, tMs: createdMs }),
      severity,
      link: publicUrl === null ? null : `${publicUrl}/deliveries/${id}`,
      to,
    };
  }

  /** Sends once, in the time that the channel allows. */
  async function sendNow(
    id: string,
    message: Message,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const kind = channels.kindOf(id);
    if (kind === null) return { state: "failed", answer: "there is no such channel any more" };
    const options = channels.optionsOf(id);
    const late = new AbortController();
    const done = new AbortController();
    const fileBytes = (message.files ?? []).reduce((sum, { content }) => sum + content.length, 0);
    const timeoutMs = kind.limits.timeoutMs + Math.round(fileBytes / SLOW_BYTES_PER_MS);
    const sendContext: SendContext = {
      outgoing: deps.outgoing,
      signal: AbortSignal.any([signal, late.signal]),
      clock,
      site: deps.site,
      environment: deps.environment,
      publishMqtt: deps.publishMqtt,
      push: deps.push,
    };
    const tooLate = clock.sleep(timeoutMs, AbortSignal.any([signal, done.signal]))
      .then((): Outcome => {
        late.abort();
        return { state: "retry", answer: `no answer within ${timeoutMs / 1000} s` };
      });
    try {
      return await Promise.race([kind.send(options, message, sendContext), tooLate]);
    } finally {
      done.abort();
      tooLate.catch(() => {});
    }
  }

  async function greet(id: string): Promise<void> {
    const done = new AbortController();
    const late = clock.sleep(GREET_MS, done.signal).then(() => {
      throw new Error(`no answer within ${GREET_MS / 1000} s`);
    });
    late.catch(() => {});
    const { outgoing, environment } = deps;
    const context = { outgoing, environment, signal: done.signal };
    try {
      await Promise.race([channels.kindOf(id)?.greet?.(channels.optionsOf(id), context), late]);
    } finally {
      done.abort();
    }
  }

  return { delivery: sendDelivery, message: sendNow, greet };
}
