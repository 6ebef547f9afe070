import { createHash } from "node:crypto";
import { z } from "zod";
import { OutgoingError } from "../../base/outgoing.ts";
import { outcomeOf, waitOf } from "../answer.ts";
import type { Outcome, SendContext } from "../channel.ts";
import { defineChannel } from "../define.ts";
import type { Message } from "../message.ts";
import { BROWSER, type PushBrowser } from "../push/browsers.ts";
import { encryptPush } from "../push/encrypt.ts";
import type { Look } from "../report.ts";
import { cut, factLines, lookOf } from "./fields.ts";

const options = z.strictObject({
  contact: z.email().max(254).optional().meta({
    title: "Contact",
    description: "Push services write there when something is wrong with what Perch sends. " +
      "Left empty: the sender of mails.",
  }),
});

const TTL_S: Record<Look, number> = {
  critical: 86_400,
  warning: 43_200,
  good: 14_400,
  info: 14_400,
};
const URGENCY: Record<Look, string> = {
  critical: "high",
  warning: "high",
  good: "normal",
  info: "normal",
};
const TITLE_CHARS_MOST = 120;
const TEXT_CHARS_MOST = 500;
/** So many browsers are sent to at a time, each for so long. */
const AT_ONCE = 16;
const ONE_MS = 8_000;
/** After this the others wait for the next try: what was sent already is not to be sent again. */
const BEGIN_MS = 18_000;

/** Notices of browsers and installed Perches (RFC 8030), encrypted for each of them. */
export const push = defineChannel({
  kind: "push",
  title: "Notices on devices",
  about: "Shows notices on phones and computers whose browser was told to, at Notices on this " +
    "device. Needs HTTPS there and a way to the internet here.",
  options,
  toPersons: true,
  ownDevices: true,
  limits: { timeoutMs: 30_000 },
  async send({ contact }, message, context) {
    const { push, clock } = context;
    const beganMs = clock.monotonic();
    // Those that took one lately go first: whoever does not answer holds up nobody.
    const browsers = (await push.browsersOf(message.to, typesOf(message)))
      .toSorted((a, b) => (b.lastUsedMs ?? 0) - (a.lastUsedMs ?? 0));
    if (browsers.length === 0) {
      const whose = message.to.length === 0 ? "nobody's" : "none of this person's";
      return { state: "failed", answer: `${whose} browser was told to show notices` };
    }
    const text = payload(message);
    const done: Sent[] = [];
    for (let from = 0; from < browsers.length; from += AT_ONCE) {
      if (clock.monotonic() - beganMs > BEGIN_MS) {
        done.push(...browsers.slice(from).map((browser) => ({ browser, outcome: NOT_YET })));
        break;
      }
      const some = browsers.slice(from, from + AT_ONCE);
      done.push(
        ...await Promise.all(
          some.map((browser) => sendTo(browser, text, message, contact, context)),
        ),
      );
    }
    return together(done);
  },
});

interface Sent {
  browser: PushBrowser;
  outcome: Outcome;
}
const NOT_YET: Outcome = { state: "retry", answer: "others took too long; it is sent next time" };

async function sendTo(
  browser: PushBrowser,
  text: string,
  message: Message,
  contact: string | undefined,
  { outgoing, push, clock, signal, environment }: SendContext,
): Promise<Sent> {
  try {
    const { endpoint } = browser;
    const look = lookOf(message);
    const mail = contact ?? environment.smtp.sender ?? "perch@example.com";
    const vapid = await push.vapid();
    const answer = await outgoing.fetch(endpoint, {
      method: "POST",
      headers: {
        authorization: await vapid.authorize(endpoint, `mailto:${mail}`, clock.now()),
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
        ttl: String(TTL_S[look]),
        urgency: URGENCY[look],
        ...(message.thread === null ? {} : { topic: topicOf(message.thread) }),
      },
      body: await encryptPush(text, browser),
      signal,
      timeoutMs: ONE_MS,
    });
    if (answer.status === 404 || answer.status === 410) {
      await push.gone(browser.id);
      return {
        browser,
        outcome: { state: "gone", answer: `${answer.status} no longer subscribed` },
      };
    }
    // The far side's words go no further: everybody may send a notice to a browser of theirs.
    const outcome = { ...outcomeOf(answer, clock.now()), answer: wordsFor(answer.status) };
    if (outcome.state === "delivered") await push.used(browser.id);
    return { browser, outcome: { ...outcome, ...waitOf(answer, clock.now()) } };
  } catch (error) {
    if (signal.aborted) throw error;
    const answer = error instanceof OutgoingError
      ? error.message
      : "the push service cannot be reached: is there a way to the internet here?";
    return { browser, outcome: { state: "retry", answer } };
  }
}

/** What a push service means by a status (RFC 8030, 8292). */
function wordsFor(status: number): string {
  if (status < 300) return `${status}: the push service took it`;
  if (status < 400) return `${status}: the push service sends elsewhere, which is not followed`;
  switch (status) {
    case 400:
    case 401:
    case 403:
      return `${status}: the push service does not accept it; switch notices off and on again there`;
    case 413:
      return `${status}: it is too long for the push service`;
    case 429:
      return `${status}: the push service was asked too often`;
  }
  return status < 500
    ? `${status}: the push service refuses it`
    : `${status}: the push service has a fault of its own`;
}

/** One outcome of all: what can still be delivered is asked for again, to those browsers alone. */
function together(done: readonly Sent[]): Outcome {
  const of = (state: Outcome["state"]) => done.filter(({ outcome }) => outcome.state === state);
  const [delivered, retry, gone] = [of("delivered"), of("retry"), of("gone")];
  if (retry.length > 0) {
    const waits = retry.flatMap(({ outcome }) =>
      outcome.state === "retry" && outcome.afterMs !== undefined ? [outcome.afterMs] : []
    );
    return {
      state: "retry",
      answer: retry[0].outcome.answer,
      remaining: retry.map(({ browser }) => BROWSER + browser.id),
      ...(waits.length > 0 ? { afterMs: Math.max(...waits) } : {}),
    };
  }
  if (delivered.length > 0) {
    const { answer } = delivered[0].outcome;
    return {
      state: "delivered",
      answer: done.length === 1
        ? answer
        : `${delivered.length} of ${done.length} browsers: ${answer}`,
    };
  }
  const worst = done.find(({ outcome }) => outcome.state === "failed") ?? gone[0];
  return { state: "failed", answer: worst.outcome.answer };
}

/** What the service worker shows (`static/pwa/service_worker.js`). */
function payload(message: Message): string {
  const lines = [...message.lines, ...factLines(message)];
  return JSON.stringify({
    title: cut(message.title, TITLE_CHARS_MOST),
    body: cut(lines.join("\n"), TEXT_CHARS_MOST),
    link: pathOf(message),
    ...(message.thread === null ? {} : { tag: message.thread }),
    urgent: lookOf(message) === "critical",
  });
}

/** What it is about, of a digest all of it. */
function typesOf({ event, types = [] }: Message): readonly string[] {
  return event === null ? types : [event.type];
}

/** The page below wherever the browser knows Perch. */
function pathOf({ event }: Message): string {
  const [kind, id = ""] = (event?.subject ?? "").split(/:(.*)/s);
  const page = { alarm: "alarms", ticket: "tickets" }[kind];
  return page === undefined ? "" : `${page}/${encodeURIComponent(id)}`;
}

/** A newer message of the same topic replaces one that waits at the push service; at most 32 characters. */
function topicOf(thread: string): string {
  return createHash("sha256").update(thread).digest("base64url").slice(0, 32);
}
