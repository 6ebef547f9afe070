/** Asking the model: what goes in, and what comes out whatever happens. */
import type { z } from "zod";

/** What an answer is for: it decides which model is asked, how much it may say and how long it may take. */
export type Purpose = "analysis" | "chat" | "correction";

/** A question to the model. */
export interface Question<T> {
  purpose: Purpose;
  /** What to do, in Perch's own words. Nothing that came from outside may stand in it. */
  instruction: string;
  /**
   * What it is about. Whatever devices, people and other programs wrote belongs here alone: it is sent as JSON text
   * in one field, without control characters, secrets, addresses and mails.
   */
  data: unknown;
  /** What the answer has to be. Its output is never executed. */
  schema: z.ZodType<T>;
  signal?: AbortSignal;
  /** For what runs by itself: it leaves so much of the day's tokens to people. Default none. */
  leaveTokens?: number;
}

/** The model's answer. */
export interface ModelAnswer<T> {
  value: T;
  /** The model that answered, which need not be the one that was asked. */
  model: string;
  /** What it cost. */
  tokens: number;
  /** What left Perch for it, as it was sent. */
  sent: string;
}

/** There is no answer: why, in a sentence for people. */
export interface NoAnswer {
  instead: string;
  /** What was spent and sent all the same. */
  tokens: number;
  sent: string | null;
}

export type ModelReply<T> = ModelAnswer<T> | NoAnswer;

/** Asks the model. It never throws, except when its signal aborts. */
export type AskModel = <T>(question: Question<T>) => Promise<ModelReply<T>>;

/** Whether there is an answer. */
export function answered<T>(reply: ModelReply<T>): reply is ModelAnswer<T> {
  return "value" in reply;
}
