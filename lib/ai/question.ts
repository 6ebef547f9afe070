/** A question made ready to leave, and its answer read. Pure. */
import type { z } from "zod";
import type { Purpose, Question } from "./ask.ts";
import { jsonOf, uselessAnswer } from "./failures.ts";
import type { RawAnswer } from "./model.ts";
import { type Prompt, type PromptLimits, promptOf, tokensIn } from "./prompt.ts";
import { createRedaction, type Redaction } from "./redact.ts";

interface Shape extends PromptLimits {
  /** Of the answer. */
  mostTokens: number;
  /** Of what is sent. */
  mostSent: number;
  timeoutMs: number;
  /** All that was taken out is put back into the answer, which goes where it came from; else names alone. */
  restores: boolean;
}

const SHAPES: Record<Purpose, Shape> = {
  analysis: {
    mostTokens: 8_192,
    mostSent: 8_000,
    timeoutMs: 60_000,
    textChars: 300,
    items: 200,
    restores: false,
  },
  chat: {
    mostTokens: 4_096,
    mostSent: 8_000,
    timeoutMs: 45_000,
    textChars: 1_000,
    items: 200,
    restores: false,
  },
  correction: {
    mostTokens: 16_384,
    mostSent: 40_000,
    timeoutMs: 120_000,
    textChars: 100_000,
    items: 2_000,
    restores: true,
  },
};

/** A question made ready. */
export interface Work {
  model: string;
  shape: Shape;
  prompt: Prompt;
  redaction: Redaction;
  /** Of what is sent, at most. */
  sentTokens: number;
  /** Spent on requests that brought nothing, as far as is known. */
  lostTokens: number;
  signal: AbortSignal | undefined;
}

/** Makes a question ready: cleaned, bounded, and with what must not leave taken out. */
export function workOf(
  question: Question<unknown>,
  { model, names, timeoutMs }: { model: string; names: Iterable<string>; timeoutMs?: number },
): Work {
  const given = SHAPES[question.purpose];
  const shape = timeoutMs === undefined ? given : { ...given, timeoutMs };
  const redaction = createRedaction(names, { code: question.purpose === "correction" });
  const prompt = promptOf(question, redaction.hide, shape);
  return {
    model,
    shape,
    prompt,
    redaction,
    sentTokens: tokensIn(prompt.system, prompt.user, JSON.stringify(prompt.schema)),
    lostTokens: 0,
    signal: question.signal,
  };
}

/** What an answer says, once it has the form that was asked for. */
export function valueOf<T>(
  raw: RawAnswer,
  schema: z.ZodType<T>,
  { shape, redaction }: Pick<Work, "shape" | "redaction">,
): { value: T } | { useless: string } {
  const useless = uselessAnswer(raw, shape.mostTokens);
  if (useless !== null) return { useless };
  const json = jsonOf(raw.text!);
  if (json === undefined) return { useless: "The model's answer is no complete JSON." };
  const parsed = schema.safeParse(
    restored(json, (text) => redaction.restore(text, shape.restores)),
  );
  if (parsed.success) return { value: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue.path.length === 0 ? "" : ` (at ${issue.path.join(".").slice(0, 80)})`;
  return { useless: `The model's answer has not the form that was asked for${where}.` };
}

function restored(value: unknown, restore: (text: string) => string): unknown {
  if (typeof value === "string") return restore(value);
  if (Array.isArray(value)) return value.map((one) => restored(one, restore));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, restored(one, restore)]),
  );
}
