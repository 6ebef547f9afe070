import { z } from "zod";
import { outcomeOf } from "../answer.ts";
import { defineChannel } from "../define.ts";
import type { Message } from "../message.ts";
import { COLOURS, cut, httpUrl, jsonOf, LABELS, lookOf, postJson } from "./fields.ts";

const options = z.strictObject({
  url: httpUrl.meta({
    title: "Webhook address",
    description: "From the settings of a channel: Integrations, Webhooks.",
    secret: true,
  }),
});

const UNKNOWN_WEBHOOK = 10015;
/** Limits of an embed, https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const MOST = { title: 256, description: 2000, fields: 25, name: 256, value: 1024 };

/** A Discord webhook, https://discord.com/developers/docs/resources/webhook#execute-webhook */
export const discord = defineChannel({
  kind: "discord",
  title: "Discord",
  about: "Posts to a channel of Discord through a webhook.",
  options,
  // Five messages in two seconds.
  limits: { intervalMs: 500 },
  async send({ url }, message, context) {
    const answer = await postJson(context, url, bodyOf(message));
    const outcome = outcomeOf(answer, context.clock.now());
    const json = jsonOf(answer);
    if (json?.code === UNKNOWN_WEBHOOK) return { state: "gone", answer: outcome.answer };
    return outcome.state === "retry" && typeof json?.retry_after === "number"
      ? { ...outcome, afterMs: Math.ceil(json.retry_after * 1000) }
      : outcome;
  },
});

function bodyOf(message: Message) {
  const look = lookOf(message);
  return {
    embeds: [{
      title: escape(cut(`${LABELS[look]}: ${message.title}`, MOST.title / 2)),
      description: escape(cut(message.lines.join("\n"), MOST.description)),
      color: Number.parseInt(COLOURS[look].slice(1), 16),
      fields: message.facts.slice(0, MOST.fields).map(({ label, value }) => ({
        name: escape(cut(label, MOST.name / 2)),
        value: escape(cut(value, MOST.value / 2)) || "–",
        inline: true,
      })),
      timestamp: new Date(message.tMs).toISOString(),
      ...(message.link === null ? {} : { url: message.link }),
    }],
    // Nobody can be made to call @everyone by the name of a sensor.
    allowed_mentions: { parse: [] },
  };
}

/** Signs of Discord's Markdown. */
function escape(text: string): string {
  return text.replaceAll(/[\\*_~`|>#\[\]()]/g, "\\$&");
}
