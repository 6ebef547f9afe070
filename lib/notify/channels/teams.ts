import { z } from "zod";
import type { OutgoingAnswer } from "../../base/outgoing.ts";
import { outcomeOf, wordsOf } from "../answer.ts";
import type { Outcome } from "../channel.ts";
import { defineChannel } from "../define.ts";
import type { Message } from "../message.ts";
import type { Look } from "../report.ts";
import { cut, httpUrl, LABELS, lookOf, postJson } from "./fields.ts";

const options = z.strictObject({
  url: httpUrl.meta({
    title: "Webhook address",
    description: "Of the workflow “Post to a channel when a webhook request is received”.",
    secret: true,
  }),
});

const COLOUR: Record<Look, string> = {
  critical: "attention",
  warning: "warning",
  good: "good",
  info: "accent",
};
const TEXT_CHARS_MOST = 4000;

/** Microsoft Teams through a workflow (202), or an older connector (200 and `1`). */
export const teams = defineChannel({
  kind: "teams",
  title: "Microsoft Teams",
  about: "Posts a card to a channel of Teams through a workflow's webhook.",
  options,
  limits: { intervalMs: 1000 },
  async send({ url }, message, context) {
    const answer = await postJson(context, url, {
      type: "message",
      attachments: [{
        contentType: "application/vnd.microsoft.card.adaptive",
        content: cardOf(message),
      }],
    });
    return outcome(answer, context.clock.now());
  },
});

/** A connector answers 200 also when Teams refused: `… returned HTTP error 429 with …`. */
function outcome(answer: OutgoingAnswer, nowMs: number): Outcome {
  const general = outcomeOf(answer, nowMs);
  if (general.state !== "delivered") return general;
  const status = /HTTP error (\d{3})/.exec(answer.text)?.[1];
  if (status === undefined) {
    return /fail|error/i.test(answer.text) ? { state: "retry", answer: wordsOf(answer) } : general;
  }
  const inner = outcomeOf({ ...answer, status: Number(status) }, nowMs);
  return { ...inner, answer: wordsOf(answer) };
}

function cardOf(message: Message) {
  const look = lookOf(message);
  // TextBlocks read Markdown, so links and emphasis are taken out of what is not ours.
  const block = (text: string, more: object = {}) => ({
    type: "TextBlock",
    text: escape(cut(text, TEXT_CHARS_MOST)),
    wrap: true,
    ...more,
  });
  return {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    body: [
      block(`${LABELS[look]}: ${message.title}`, { weight: "bolder", color: COLOUR[look] }),
      ...message.lines.map((line) => block(line)),
      {
        type: "FactSet",
        facts: message.facts.map(({ label, value }) => ({ title: label, value: escape(value) })),
      },
    ],
    actions: message.link === null
      ? []
      : [{ type: "Action.OpenUrl", title: "Open in Perch", url: message.link }],
  };
}

function escape(text: string): string {
  return text.replaceAll(/[\\*_`\[\]()#<>]/g, "\\$&");
}
