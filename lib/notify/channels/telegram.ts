import { z } from "zod";
import { escapeHtml } from "../../base/html.ts";
import type { OutgoingAnswer } from "../../base/outgoing.ts";
import { outcomeOf, wordsOf } from "../answer.ts";
import type { Outcome } from "../channel.ts";
import { defineChannel } from "../define.ts";
import type { Message } from "../message.ts";
import { cut, factLines, jsonOf, LABELS, lookOf, postJson, server } from "./fields.ts";

const options = z.strictObject({
  token: z.string().trim().regex(/^\d+:[A-Za-z0-9_-]{20,100}$/, "a bot's token, like 123456:ABC…")
    .meta({ title: "Bot token", description: "From @BotFather.", secret: true }),
  chat: z.string().trim().regex(/^(-?\d{1,20}|@\w{5,32})$/, "a number, or @ and a channel's name")
    .meta({ title: "Chat", description: "Number of the chat, or @name of a channel." }),
  server: server.default("https://api.telegram.org").meta({
    title: "Server",
    description: "Of the Bot API; your own where you run one.",
  }),
});

// Telegram takes 4 096 characters after its markup was read.
const TEXT_CHARS_MOST = 3000;

/** A Telegram bot, https://core.telegram.org/bots/api#sendmessage */
export const telegram = defineChannel({
  kind: "telegram",
  title: "Telegram",
  about: "A bot of yours writes to a person, a group or a channel.",
  options,
  // One message per second and chat.
  limits: { intervalMs: 1000 },
  async send({ token, chat, server }, message, context) {
    const answer = await postJson(context, `${server}/bot${token}/sendMessage`, {
      chat_id: chat,
      text: textOf(message),
      parse_mode: "HTML",
      link_preview_options: { is_disabled: true },
    });
    return outcome(answer, context.clock.now());
  },
});

function outcome(answer: OutgoingAnswer, nowMs: number): Outcome {
  const general = outcomeOf(answer, nowMs);
  const json = jsonOf(answer);
  if (general.state === "delivered") {
    if (json?.ok === true) return { state: "delivered", answer: `${answer.status} ok` };
    // Telegram says what is wrong with its HTTP status; another status is not Telegram.
    return { state: "retry", answer: `not an answer of Telegram: ${wordsOf(answer)}` };
  }
  if (typeof json?.description !== "string") return general;
  const words = `${answer.status} ${json.description}`;
  const { retry_after } = (json.parameters ?? {}) as Record<string, unknown>;
  return general.state === "retry" && typeof retry_after === "number"
    ? { state: "retry", answer: words, afterMs: retry_after * 1000 }
    : { ...general, answer: words };
}

function textOf(message: Message): string {
  const title = escapeHtml(`${LABELS[lookOf(message)]}: ${cut(message.title, 500)}`);
  const text = escapeHtml(
    cut([...message.lines, ...factLines(message)].join("\n"), TEXT_CHARS_MOST),
  );
  const link = message.link === null
    ? ""
    : `\n<a href="${escapeHtml(message.link)}">Open in Perch</a>`;
  return `<b>${title}</b>\n${text}${link}`;
}
