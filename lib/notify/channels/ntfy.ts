import { z } from "zod";
import { outcomeOf, wordsOf } from "../answer.ts";
import { defineChannel } from "../define.ts";
import { cut, factLines, headerText, jsonOf, lookOf, postJson, server } from "./fields.ts";
import type { Look } from "../report.ts";

const options = z.strictObject({
  server: server.default("https://ntfy.sh").meta({
    title: "Server",
    description: "ntfy.sh, or your own.",
  }),
  topic: z.string().trim().regex(/^[-_A-Za-z0-9]{1,64}$/, "1 to 64 letters, digits, - and _")
    .meta({ title: "Topic", description: "Whoever knows it can read along: choose a long one." }),
  token: headerText.optional().meta({
    title: "Access token",
    description: "For topics that are protected (tk_…).",
    secret: true,
  }),
});

const PRIORITY: Record<Look, number> = { critical: 5, warning: 4, good: 3, info: 3 };
const TAG: Record<Look, string> = {
  critical: "rotating_light",
  warning: "warning",
  good: "white_check_mark",
  info: "information_source",
};
// A message of more than 4 096 bytes would be turned into an attachment.
const TEXT_CHARS_MOST = 1000;

/** Push messages to phones, https://docs.ntfy.sh/publish/#publish-as-json */
export const ntfy = defineChannel({
  kind: "ntfy",
  title: "ntfy",
  about:
    "Push messages to phones and browsers that follow a topic of ntfy.sh or of your own server.",
  options,
  async send({ server, topic, token }, message, context) {
    const look = lookOf(message);
    const text = [...message.lines, ...factLines(message)].join("\n");
    const answer = await postJson(context, server, {
      topic,
      title: cut(message.title, 200),
      message: cut(text, TEXT_CHARS_MOST) || message.title,
      priority: PRIORITY[look],
      tags: [TAG[look]],
      ...(message.link === null ? {} : { click: message.link }),
    }, token ? { authorization: `Bearer ${token}` } : {});
    const outcome = outcomeOf(answer, context.clock.now());
    const lies = outcome.state === "delivered" && typeof jsonOf(answer)?.id !== "string";
    return lies ? { state: "retry", answer: `not an answer of ntfy: ${wordsOf(answer)}` } : outcome;
  },
});
