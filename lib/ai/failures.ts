/** What a fault of the model's service means: the sentence for people, and when to ask again. Pure. */
import { dayOf } from "../words/days.ts";
import { MINUTE_MS } from "../words/times.ts";
import type { ModelFault, RawAnswer } from "./model.ts";

/** What is to be done about a fault. */
export interface Failure {
  sentence: string;
  /** How long nobody is to ask again; 0: the next question may go out. */
  restMs: number;
  /** The same question may be asked once more after the rest. */
  again: boolean;
  /** The name of the model is wrong: say which ones there are. */
  modelGone?: boolean;
}

/** Where the service's days end. */
const SERVICE_ZONE = "America/Los_Angeles";
const LASTING_MS = 10 * MINUTE_MS;
const BACKOFF_MS = 15_000;
const BACKOFF_MOST_MS = 15 * MINUTE_MS;
/** Characters of an answer that are looked at. */
const ANSWER_CHARS_MOST = 400_000;
const TOO_LONG = "The model's answer was far too long and is not used.";

/** `failed` is how many questions in a row came to nothing before this one. */
export function failureOf(
  fault: ModelFault,
  { model, failed, nowMs, timeoutMs }: {
    model: string;
    failed: number;
    nowMs: number;
    timeoutMs: number;
  },
): Failure {
  const backoffMs = Math.min(BACKOFF_MS * 2 ** Math.min(failed, 10), BACKOFF_MOST_MS);
  const { status, details } = fault;
  if (details.tooLong) {
    return lasting(TOO_LONG, 0);
  }
  if (status === null) {
    return details.sent
      ? lasting(`The model did not answer within ${timeoutMs / 1000} s.`, backoffMs)
      : lasting(`The model's service cannot be reached (${cut(fault.message)}).`, backoffMs);
  }
  const said = errorOf(details.body);
  if (status === 429) return quota(said, details.retryAfterMs ?? null, backoffMs, nowMs);
  if (status === 404) {
    return {
      ...lasting(`The model "${model}" does not exist any more, or not for this key.`, LASTING_MS),
      modelGone: true,
    };
  }
  if (status === 401 || status === 403 || said.reasons.includes("API_KEY_INVALID")) {
    return lasting(
      `The model's service does not accept the key (${status}): look at GEMINI_API_KEY, and at what the ` +
        "key may be used for.",
      LASTING_MS,
    );
  }
  if (status === 503 || status === 500 || status === 502 || status === 504) {
    const restMs = said.retryMs ?? details.retryAfterMs ?? backoffMs;
    const why = status === 503 ? "is overloaded" : "is out of order";
    return { sentence: `The model's service ${why} (${status}).`, restMs, again: true };
  }
  if (status >= 400) {
    const why = said.message === "" ? "" : `: ${cut(said.message)}`;
    return lasting(`The model's service refused the question (${status})${why}.`, backoffMs);
  }
  return lasting("The model's service answered something that is no answer.", backoffMs);
}

function quota(said: Said, afterMs: number | null, backoffMs: number, nowMs: number): Failure {
  if (said.quotas.some((id) => /PerDay/i.test(id))) {
    const restMs = dayOf(nowMs, SERVICE_ZONE).toMs - nowMs;
    return lasting(
      "The key's quota for today is used up; the service gives more after midnight Pacific time.",
      restMs,
    );
  }
  const restMs = Math.min(said.retryMs ?? afterMs ?? backoffMs, 24 * 60 * MINUTE_MS);
  return {
    sentence: `The service takes no more questions for ${Math.ceil(restMs / 1000)} s (429).`,
    restMs,
    again: true,
  };
}

const lasting = (sentence: string, restMs: number): Failure => ({ sentence, restMs, again: false });

interface Said {
  message: string;
  /** `RetryInfo`. */
  retryMs: number | null;
  /** Of `QuotaFailure`. */
  quotas: string[];
  /** Of `ErrorInfo`. */
  reasons: string[];
}

/** Reads the body of an error: whatever is not as it should be is as if it were missing. */
function errorOf(body: unknown): Said {
  const said: Said = { message: "", retryMs: null, quotas: [], reasons: [] };
  const error = fieldOf(Array.isArray(body) ? body[0] : body, "error");
  const message = fieldOf(error, "message");
  if (typeof message === "string") said.message = message;
  const details = fieldOf(error, "details");
  for (const detail of Array.isArray(details) ? details.slice(0, 20) : []) {
    const delay = /^(\d{1,7}(?:\.\d{1,9})?)s$/.exec(String(fieldOf(detail, "retryDelay") ?? ""));
    if (delay !== null) said.retryMs = Math.ceil(Number(delay[1]) * 1000);
    const reason = fieldOf(detail, "reason");
    if (typeof reason === "string") said.reasons.push(reason);
    const violations = fieldOf(detail, "violations");
    for (const one of Array.isArray(violations) ? violations.slice(0, 20) : []) {
      said.quotas.push(String(fieldOf(one, "quotaId") ?? ""));
    }
  }
  return said;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function cut(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim().replace(/\.$/, "");
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}

/** Why an answer that came cannot be used, as far as that is seen without reading it; null: it may be read. */
export function uselessAnswer(answer: RawAnswer, mostTokens: number): string | null {
  const { text, finish, blocked } = answer;
  if (blocked !== null) return `The model's service refused the question (${word(blocked)}).`;
  if (finish === "MAX_TOKENS") {
    return `The model's answer was cut off at ${mostTokens} tokens and cannot be used.`;
  }
  if (finish !== null && finish !== "STOP") {
    return `The model stopped before its answer was complete (${word(finish)}).`;
  }
  if (text === null) return "The model's answer was empty.";
  return text.length > ANSWER_CHARS_MOST ? TOO_LONG : null;
}

/** What the service calls it, and nothing that is no word. */
const word = (text: string) => text.replaceAll(/[^A-Za-z_]/g, "").slice(0, 40);

const FENCE = "```";

/** The JSON of an answer, also where it stands in a fence of Markdown; undefined: it is none. */
export function jsonOf(text: string): unknown {
  let json = text.trim();
  if (json.startsWith(FENCE) && json.endsWith(FENCE)) {
    json = json.slice(json.indexOf("\n") + 1, -FENCE.length);
  }
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
