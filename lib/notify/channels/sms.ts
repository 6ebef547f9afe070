import { Buffer } from "node:buffer";
import { z } from "zod";
import type { OutgoingAnswer } from "../../base/outgoing.ts";
import { outcomeOf, wordsOf } from "../answer.ts";
import type { Outcome } from "../channel.ts";
import { defineChannel } from "../define.ts";
import { cut, headerText, jsonOf, LABELS, lookOf, server } from "./fields.ts";

const phone = z.string().trim().transform((text) => text.replaceAll(/[\s()-]/g, "")).pipe(
  z.string().regex(/^\+[1-9]\d{6,14}$/, "a number with its country, like +4915112345678"),
);

const options = z.strictObject({
  server: server.default("https://api.twilio.com").meta({
    title: "Server",
    description: "Twilio, or a service that speaks its Messages API.",
  }),
  account: z.string().trim().regex(/^[A-Za-z0-9_-]{1,64}$/, "letters, digits, - and _").meta({
    title: "Account SID",
  }),
  token: headerText.min(1).meta({ title: "Auth token", secret: true }),
  from: z.string().trim().min(1).max(34).meta({
    title: "Sender",
    description: "A number of yours, a name, or the SID of a messaging service (MG…).",
  }),
  to: phone.meta({
    title: "To",
    description:
      "One phone with its country, like +4915112345678. Another phone is another channel.",
  }),
});

// Two segments of 16-bit text.
const TEXT_CHARS_MOST = 134;

/** Text messages, https://www.twilio.com/docs/messaging/api/message-resource */
export const sms = defineChannel({
  kind: "sms",
  title: "SMS",
  about: "Text messages through Twilio or a service that speaks its Messages API.",
  options,
  limits: { intervalMs: 1000 },
  async send({ server, account, token, from, to }, message, context) {
    const sender = from.startsWith("MG") ? "MessagingServiceSid" : "From";
    const title = `${LABELS[lookOf(message)]} ${message.title}`;
    const body = cut(title.replaceAll(/\s+/g, " "), TEXT_CHARS_MOST);
    const answer = await context.outgoing.fetch(
      `${server}/2010-04-01/Accounts/${account}/Messages.json`,
      {
        method: "POST",
        headers: {
          authorization: "Basic " + Buffer.from(`${account}:${token}`).toString("base64"),
          "content-type": "application/x-www-form-urlencoded",
        },
        body: new URLSearchParams({ To: to, [sender]: from, Body: body }).toString(),
        signal: context.signal,
      },
    );
    return outcome(answer, context.clock.now());
  },
});

/** Too many requests, and Twilio's own queue being full, https://www.twilio.com/docs/api/errors */
const PASSING = new Set([20429, 14107, 30001, 30022, 21611]);

function outcome(answer: OutgoingAnswer, nowMs: number): Outcome {
  const general = outcomeOf(answer, nowMs);
  const json = jsonOf(answer);
  if (general.state === "delivered") {
    if (json?.status === "failed" || json?.status === "undelivered") {
      return { state: "failed", answer: `${json.status} ${json.error_code} ${json.error_message}` };
    }
    return typeof json?.sid === "string"
      ? { state: "delivered", answer: `${answer.status} ${json.status} ${json.sid}` }
      : { state: "retry", answer: `not an answer of Twilio: ${wordsOf(answer)}` };
  }
  if (typeof json?.message !== "string") return general;
  const words = `${answer.status} ${json.message} (${json.code})`;
  if (general.state === "failed" && PASSING.has(Number(json.code))) {
    return { state: "retry", answer: words };
  }
  return { ...general, answer: words };
}
