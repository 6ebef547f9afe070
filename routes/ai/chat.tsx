import type { VNode } from "preact";
import { z } from "zod";
import { ChatBox } from "../../islands/chat_box.tsx";
import { QUESTION_CHARS_MOST } from "../../lib/ai/chat.ts";
import { formAction, NOTHING_SENT, type SentForm } from "../frame/form_action.ts";
import { Island } from "../frame/island.tsx";
import type { PageParts } from "../frame/page_parts.ts";
import { Answer, More } from "../frame/parts.tsx";
import type { Route, RouteContext } from "../http/route.ts";
import { type AnalysisServices, answerNow, type Paces, sessionOf } from "./request.ts";

/** Pages that the chat stands on. */
const PLACES = ["/events", "/analyses"] as const;
type Place = typeof PLACES[number];

export type ChatParts = PageParts & AnalysisServices;

/** The chat as it stands beside something else. */
export function chatBeside(
  parts: ChatParts,
): (context: RouteContext, from: Place, sent?: SentForm) => VNode {
  return (context, from, { errors, values } = NOTHING_SENT) => (
    <section class="card" aria-labelledby="chat">
      <h2 id="chat">Questions</h2>
      <Island
        name="ChatBox"
        component={ChatBox}
        props={{
          answers: parts.analyst.chat.history(sessionOf(context)),
          from,
          error: errors.message ?? errors.form,
          typed: values.message,
          longest: QUESTION_CHARS_MOST,
          zone: parts.zone,
          nowMs: context.nowMs,
        }}
      />
    </section>
  );
}

/** What the form of the chat posts to where no script runs. */
export function chatForm(parts: ChatParts, paces: Paces): Route {
  const beside = chatBeside(parts);
  return formAction(
    "/chat",
    z.strictObject({
      message: z.string().trim().min(1, "ask something").max(QUESTION_CHARS_MOST),
      from: z.enum(PLACES),
    }),
    async ({ message, from }, context) => {
      await answerNow(parts, paces, context, message);
      return `${from}#chat`;
    },
    (context, sent) => {
      const from = PLACES.find((place) => place === sent.values.from) ?? "/analyses";
      return parts.frame.answer(context.c, context.who, {
        title: "Questions",
        place: from === "/events" ? "/events" : "/more",
        script: "lists",
        status: sent.status,
        content: (
          <>
            <Answer>Not answered</Answer>
            {beside(context, from, sent)}
            <More href={from}>Back</More>
          </>
        ),
      });
    },
    "viewer",
  );
}
