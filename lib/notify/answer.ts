import type { OutgoingAnswer } from "../base/outgoing.ts";
import type { Outcome } from "./channel.ts";

const ANSWER_CHARS_MOST = 300;
/** Shorter ones would blacken ordinary words. */
const SECRET_CHARS_LEAST = 4;
const WAIT_MS_MOST = 24 * 3_600_000;

/** The far side's words for people: one line, bounded, without secrets in any form they travel in. */
export function cleanAnswer(text: string, secrets: readonly string[]): string {
  let out = text;
  for (const secret of secrets) {
    if (secret.length < SECRET_CHARS_LEAST) continue;
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
      out = out.replaceAll(form, "***");
    }
  }
  out = out.replace(/\b(Basic|Bearer)\s+[\w+/=.~-]{4,}/gi, "$1 ***");
  // deno-lint-ignore no-control-regex
  out = out.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return out.length > ANSWER_CHARS_MOST ? out.slice(0, ANSWER_CHARS_MOST - 1) + "…" : out;
}

/** Status and body of an answer as one line: `500 out of order`. */
export function wordsOf({ status, text }: OutgoingAnswer): string {
  return `${status} ${text}`;
}

/** What an HTTP answer means where its protocol says nothing more special. 2xx is delivered. */
export function outcomeOf(answer: OutgoingAnswer, nowMs: number): Outcome {
  const { status } = answer;
  const words = wordsOf(answer);
  if (status >= 200 && status < 300) return { state: "delivered", answer: words };
  if (status >= 300 && status < 400) {
    const to = answer.headers.location ?? "elsewhere";
    return { state: "failed", answer: `${status} redirects to ${to}; redirects are not followed` };
  }
  if (status === 410) return { state: "gone", answer: words };
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { state: "retry", answer: words, ...waitOf(answer, nowMs) };
  }
  return { state: "failed", answer: words };
}

/** Retry-After (RFC 9110 §10.2.3): seconds or a date. Empty when it is missing or makes no sense. */
export function waitOf({ headers }: OutgoingAnswer, nowMs: number): { afterMs?: number } {
  const given = headers["retry-after"]?.trim();
  if (given === undefined) return {};
  const ms = /^\d{1,9}$/.test(given) ? Number(given) * 1000 : Date.parse(given) - nowMs;
  return Number.isNaN(ms) ? {} : { afterMs: Math.min(Math.max(ms, 0), WAIT_MS_MOST) };
}
