/** A server that answers as Gemini does, in every way in which it does: under `/v1` and `/v1beta`. */
import { freePort } from "./port.ts";

export type GeminiMood =
  | "ok"
  | "fenced"
  | "half"
  | "no json"
  | "two megabytes"
  | "wrong schema"
  | "empty"
  | "blocked"
  | "safety"
  | "cut"
  | "bad request"
  | "bad key"
  | "forbidden"
  | "gone"
  | "per minute"
  | "per minute, long"
  | "per day"
  | "broken"
  | "overloaded"
  | "hangs"
  | "hangs within"
  | "drips"
  | "hangs up";

export interface GeminiCall {
  path: string;
  model: string;
  /** As it came. */
  body: string;
  system: string;
  user: string;
  mood: GeminiMood;
}

export interface FakeGemini {
  readonly url: string;
  mood: GeminiMood;
  /** Moods of the next calls, the first first; then `mood` again. */
  next: GeminiMood[];
  /** What an `ok` answer says, as JSON or made from the call. */
  answer: unknown | ((call: GeminiCall) => unknown);
  /** Which model says that it answered; null: the one that was asked. */
  answers: string | null;
  readonly calls: GeminiCall[];
  /** Tokens that were counted in answers. */
  counted: number;
  /** How long "per minute" and "overloaded" ask to wait. */
  delayS: number;
  close(): Promise<void>;
}

/** An analysis that says nothing is wrong. */
export const CALM = {
  overall: "Good",
  summary: "All is well.",
  issues: [],
  recommendations: [],
  insights: [],
};

export function startGemini(): FakeGemini {
  const ending = new AbortController();
  const port = freePort();
  const fake: FakeGemini = {
    url: `http://127.0.0.1:${port}`,
    mood: "ok",
    next: [],
    answer: CALM,
    answers: null,
    calls: [],
    counted: 0,
    delayS: 0.05,
    async close() {
      ending.abort();
      await server.finished;
    },
  };
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port,
    signal: ending.signal,
    onListen() {},
    onError: () => new Response(null, { status: 500 }),
  }, async (request) => {
    const { pathname } = new URL(request.url);
    if (/^\/v1(beta)?\/models$/.test(pathname)) return json(MODELS);
    const named = /^\/v1(?:beta)?\/models\/([^/:]+):generateContent$/.exec(pathname);
    if (named === null || request.headers.get("x-goog-api-key") === null) {
      return problem(404, "NOT_FOUND", "no such method");
    }
    const body = await request.text();
    const { systemInstruction, contents } = JSON.parse(body);
    const call: GeminiCall = {
      path: pathname,
      model: named[1],
      body,
      system: systemInstruction?.parts?.[0]?.text ?? "",
      user: contents?.[0]?.parts?.[0]?.text ?? "",
      mood: fake.next.shift() ?? fake.mood,
    };
    fake.calls.push(call);
    return await respond(call, fake, ending.signal);
  });
  return fake;
}

const MODELS = {
  models: ["gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-4-argon"].map((name) => ({
    name: `models/${name}`,
    supportedGenerationMethods: ["generateContent"],
  })),
};

async function respond(
  call: GeminiCall,
  fake: FakeGemini,
  ending: AbortSignal,
): Promise<Response> {
  const { mood } = call;
  const value = typeof fake.answer === "function" ? fake.answer(call) : fake.answer;
  const text = JSON.stringify(value);
  switch (mood) {
    case "ok":
      return good(call, fake, { text });
    case "fenced":
      return good(call, fake, { text: "```json\n" + text + "\n```" });
    case "half":
      return good(call, fake, { text: text.slice(0, Math.ceil(text.length / 2)) });
    case "no json":
      return good(call, fake, { text: "I am sorry, I cannot do that." });
    case "two megabytes":
      return good(call, fake, {
        text: JSON.stringify({ ...(value as object), x: "x".repeat(2e6) }),
      });
    case "wrong schema":
      return good(call, fake, { text: JSON.stringify({ rating: 7 }) });
    case "empty":
      return good(call, fake, { text: "" });
    case "blocked":
      return good(call, fake, { text: null, blocked: "PROHIBITED_CONTENT" });
    case "safety":
      return good(call, fake, { text: null, finish: "SAFETY" });
    case "cut":
      return good(call, fake, { text: text.slice(0, 20), finish: "MAX_TOKENS" });
    case "bad request":
      return problem(400, "INVALID_ARGUMENT", "schema too complex");
    case "bad key":
      return problem(400, "INVALID_ARGUMENT", "API key not valid.", [{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: "API_KEY_INVALID",
      }]);
    case "forbidden":
      return problem(403, "PERMISSION_DENIED", "no access");
    case "gone":
      return problem(404, "NOT_FOUND", `models/${call.model} is not found`);
    case "per minute":
      return quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", `${fake.delayS}s`);
    case "per minute, long":
      return quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier", "53s");
    case "per day":
      return quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier", "11s");
    case "broken":
      return problem(500, "INTERNAL", "internal error");
    case "overloaded":
      return problem(503, "UNAVAILABLE", "the model is overloaded", [{
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        retryDelay: `${fake.delayS}s`,
      }]);
    case "hangs":
      await new Promise((resolve) => ending.addEventListener("abort", resolve, { once: true }));
      return new Response(null, { status: 500 });
    case "hangs within":
      return slow(text, ending, 20, Infinity);
    case "drips":
      return slow(text, ending, 1, 20);
    case "hangs up":
      return new Response(
        new ReadableStream({ start: (to) => to.error(new Error("hung up")) }),
        { headers: { "content-type": "application/json" } },
      );
  }
}

function good(
  { model, body }: GeminiCall,
  fake: FakeGemini,
  { text, finish = "STOP", blocked }: { text: string | null; finish?: string; blocked?: string },
): Response {
  const prompt = Math.ceil(body.length / 4);
  const candidates = Math.ceil((text?.length ?? 0) / 4);
  const thoughts = 17;
  const total = prompt + candidates + thoughts;
  fake.counted += total;
  return json({
    ...(blocked === undefined
      ? {
        candidates: [{
          content: text === null ? {} : { role: "model", parts: [{ text }] },
          finishReason: finish,
        }],
      }
      : { promptFeedback: { blockReason: blocked } }),
    usageMetadata: {
      promptTokenCount: prompt,
      candidatesTokenCount: candidates,
      thoughtsTokenCount: thoughts,
      totalTokenCount: total,
    },
    modelVersion: fake.answers ?? model,
  });
}

const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), {
    status,
    headers: { "content-type": "application/json; charset=UTF-8" },
  });

const problem = (code: number, status: string, message: string, details?: unknown[]) =>
  json({ error: { code, message, status, ...(details && { details }) } }, code);

const quota = (quotaId: string, retryDelay: string) =>
  problem(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", [
    { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [{ quotaId }] },
    { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay },
  ]);

/** `step` characters at a time; after the first, `everyMs` or never. */
function slow(text: string, ending: AbortSignal, step: number, everyMs: number): Response {
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(to) {
      if (at > 0) {
        await new Promise<void>((resolve) => {
          ending.addEventListener("abort", () => resolve(), { once: true });
          if (everyMs !== Infinity) setTimeout(resolve, everyMs);
        });
      }
      if (ending.aborted || at >= text.length) return to.close();
      to.enqueue(new TextEncoder().encode(text.slice(at, at + step)));
      at += step;
    },
  });
  return new Response(body, { headers: { "content-type": "application/json" } });
}
