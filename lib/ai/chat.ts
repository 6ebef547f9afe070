import { z } from "zod";
import { msField } from "../base/wire.ts";
import { answered, type AskModel } from "./ask.ts";
import { answerByRules, sensorsNamed } from "./chat_rules.ts";
import { digestOf } from "./digest.ts";
import type { SensorFact, SiteFacts } from "./facts.ts";
import { plainText } from "./plain_text.ts";
import { RULES } from "./rules.ts";

export const QUESTION_CHARS_MOST = 500;
const NUMBERS_MOST = 12;

/** A number that an answer rests on, as the site has it. */
const numberShape = z.object({
  sensor: z.string().describe("full name"),
  id: z.string(),
  title: z.string().describe("machine and sensor as people call them"),
  value: z.union([z.number(), z.string()]).nullable(),
  unit: z.string().nullable(),
  at_ms: msField.nullable(),
});
export type UsedNumber = z.output<typeof numberShape>;

/** An answer of the chat. */
export const answerShape = z.object({
  at_ms: msField,
  question: z.string(),
  answer: z.string(),
  numbers: z.array(numberShape).describe("what it rests on, from the site's own data"),
  author: z.string().describe("the model that answered, or `rules`"),
  instead: z.string().nullable().describe("why rules answered although there is a model"),
  tokens: z.number(),
}).meta({ id: "ChatAnswer" });
export type ChatAnswer = z.output<typeof answerShape>;

export interface Chat {
  /** `who` is the sign-in: what was said before in it is known, and nothing else. */
  ask(question: string, who: string, signal?: AbortSignal): Promise<ChatAnswer>;
  /** What was said in a sign-in, oldest first. */
  history(who: string): readonly ChatAnswer[];
  forget(who: string): void;
}

export interface ChatDeps {
  facts(): Promise<SiteFacts>;
  /** Null without a key. */
  askModel: AskModel | null;
}

const modelAnswer = z.object({
  answer: z.string().transform((text) => plainText(text, 1_500))
    .describe("a few sentences; numbers with their units"),
  refs: z.array(z.string()).transform((refs) => refs.slice(0, NUMBERS_MOST))
    .describe('the "ref" of each sensor whose numbers the answer uses'),
});

const INSTRUCTION =
  'Answer the "question" of the data from "site" alone, in a few sentences. "earlier" is what was said ' +
  "before, to understand what is meant. Where the data does not hold the answer, say what is missing. " +
  "A question that is about something else than this plant is not answered: say what you can answer.";

/** Persons whose talks are kept, and answers of each. */
const TALKS_MOST = 200;
const ANSWERS_MOST = 10;
const EARLIER = 4;

export function createChat({ facts: gather, askModel }: ChatDeps): Chat {
  const talks = new Map<string, ChatAnswer[]>();

  function keep(who: string, answer: ChatAnswer): void {
    const talk = [...talks.get(who) ?? [], answer].slice(-ANSWERS_MOST);
    // Whoever spoke last stands last; the first goes.
    talks.delete(who);
    talks.set(who, talk);
    if (talks.size > TALKS_MOST) talks.delete(talks.keys().next().value!);
  }

  return {
    history: (who) => talks.get(who) ?? [],
    forget: (who) => void talks.delete(who),
    async ask(question, who, signal) {
      const facts = await gather();
      const answer = {
        at_ms: facts.nowMs,
        question,
        ...await answerOf(question, facts, talks.get(who) ?? [], askModel, signal),
      };
      keep(who, answer);
      return answer;
    },
  };
}

async function answerOf(
  question: string,
  facts: SiteFacts,
  earlier: readonly ChatAnswer[],
  askModel: AskModel | null,
  signal?: AbortSignal,
): Promise<Omit<ChatAnswer, "at_ms" | "question">> {
  const named = new Set(sensorsNamed(question, facts).map(({ id }) => id));
  const { digest, refs } = digestOf(facts, named);
  const reply = await askModel?.({
    purpose: "chat",
    instruction: INSTRUCTION,
    data: {
      question,
      earlier: earlier.slice(-EARLIER)
        .map(({ question, answer }) => ({ question, answer: answer.slice(0, 400) })),
      site: digest,
    },
    schema: modelAnswer,
    signal,
  });
  if (reply !== undefined && answered(reply)) {
    const { value: { answer, refs: used }, model, tokens } = reply;
    return {
      answer,
      numbers: [...new Set(used)].flatMap((ref) => refs.get(ref) ?? []).map(numberOf),
      author: model.slice(0, 100),
      instead: null,
      tokens,
    };
  }
  const { text, used } = answerByRules(question, facts);
  return {
    answer: text,
    numbers: used.slice(0, NUMBERS_MOST).map(numberOf),
    author: RULES,
    instead: reply?.instead ?? null,
    tokens: reply?.tokens ?? 0,
  };
}

function numberOf({ name, id, machineTitle, title, value, unit, tMs }: SensorFact): UsedNumber {
  return { sensor: name, id, title: `${machineTitle} · ${title}`, value, unit, at_ms: tMs };
}
