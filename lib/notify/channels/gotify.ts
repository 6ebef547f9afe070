import { z } from "zod";
import { outcomeOf, wordsOf } from "../answer.ts";
import { defineChannel } from "../define.ts";
import { cut, factLines, headerText, jsonOf, LABELS, lookOf, postJson, server } from "./fields.ts";
import type { Look } from "../report.ts";

const options = z.strictObject({
  server: server.meta({ title: "Server", description: "Address of your Gotify." }),
  token: headerText.min(1).meta({ title: "Application token", secret: true }),
});

const PRIORITY: Record<Look, number> = { critical: 8, warning: 5, good: 4, info: 2 };

/** A Gotify server, https://gotify.net/api-docs#/message/createMessage */
export const gotify = defineChannel({
  kind: "gotify",
  title: "Gotify",
  about: "Push messages through your own Gotify server.",
  options,
  async send({ server, token }, message, context) {
    const look = lookOf(message);
    const text = [...message.lines, ...factLines(message)].join("\n");
    const answer = await postJson(context, `${server}/message`, {
      title: cut(`${LABELS[look]}: ${message.title}`, 200),
      message: cut(text, 3000) || message.title,
      priority: PRIORITY[look],
      extras: message.link === null
        ? {}
        : { "client::notification": { click: { url: message.link } } },
    }, { "x-gotify-key": token });
    const outcome = outcomeOf(answer, context.clock.now());
    const lies = outcome.state === "delivered" && typeof jsonOf(answer)?.id !== "number";
    return lies
      ? { state: "retry", answer: `not an answer of Gotify: ${wordsOf(answer)}` }
      : outcome;
  },
});
