import { z } from "zod";
import type { OutgoingAnswer } from "../../base/outgoing.ts";
import { outcomeOf, wordsOf } from "../answer.ts";
import type { Outcome } from "../channel.ts";
import { defineChannel } from "../define.ts";
import type { Message } from "../message.ts";
import { COLOURS, cut, factLines, httpUrl, jsonOf, LABELS, lookOf, postJson } from "./fields.ts";

const options = z.strictObject({
  url: httpUrl.optional().meta({
    title: "Webhook address",
    description: "Of an incoming webhook (Slack, Mattermost, Rocket.Chat). Empty: that of the " +
      "environment (SLACK_WEBHOOK_URL).",
    secret: true,
  }),
});

const BLOCK_CHARS_MOST = 2900;
/** Errors of a JSON answer that pass. */
const PASSING = new Set([
  "ratelimited",
  "rate_limited",
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
]);

const NO_ADDRESS = "no webhook address is set, and no SLACK_WEBHOOK_URL";

/** Slack and what takes its incoming webhooks. */
export const slack = defineChannel({
  kind: "slack",
  title: "Slack",
  about: "Posts to a channel of Slack, Mattermost or Rocket.Chat through an incoming webhook.",
  options,
  inEnvironment: ({ slackUrl }) => slackUrl !== null,
  // Slack allows one message per second and webhook.
  limits: { intervalMs: 1000 },
  fault: ({ url }, { slackUrl }) =>
    url || slackUrl !== null ? null : { path: "url", message: NO_ADDRESS },
  async send({ url }, message, context) {
    const address = url || context.environment.slackUrl?.reveal();
    if (address === undefined) return { state: "failed", answer: NO_ADDRESS };
    const answer = await postJson(context, address, bodyOf(message), {}, { trusted: !url });
    return outcome(answer, context.clock.now());
  },
});

function outcome(answer: OutgoingAnswer, nowMs: number): Outcome {
  const general = outcomeOf(answer, nowMs);
  if (general.state !== "delivered" || answer.text.trim() === "ok") return general;
  const json = jsonOf(answer);
  if (json?.ok === true || json?.success === true) return general;
  const forGood = json?.ok === false && !PASSING.has(String(json.error));
  return { state: forGood ? "failed" : "retry", answer: wordsOf(answer) };
}

function bodyOf(message: Message) {
  const look = lookOf(message);
  const title = `${LABELS[look]}: ${message.title}`;
  const text = [...message.lines, ...factLines(message)].join("\n");
  const link = message.link === null ? "" : `\n<${message.link}|Open in Perch>`;
  return {
    // What notifications show; blocks below are what the channel shows.
    text: escape(cut(title, BLOCK_CHARS_MOST)),
    attachments: [{
      color: COLOURS[look],
      fallback: escape(cut(title, BLOCK_CHARS_MOST)),
      text: escape(cut(text, BLOCK_CHARS_MOST)) + link,
      mrkdwn_in: [],
    }],
  };
}

/** Slack's control characters, https://api.slack.com/reference/surfaces/formatting#escaping */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
