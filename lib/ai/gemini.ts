/**
 * The one door to Gemini. The SDK is loaded when the first question is asked and not before (some 5 MB of heap);
 * its requests go through the guarded way out, and what it would repeat by itself it does not.
 */
import type { GenerateContentResponse, HttpOptions } from "@google/genai/web";
import { messageOf } from "../base/errors.ts";
import { type Outgoing, type OutgoingAnswer, OutgoingError } from "../base/outgoing.ts";
import type { Secret } from "../base/secret.ts";
import { type ModelClient, ModelFault, type ModelRequest, type RawAnswer } from "./model.ts";

export interface GeminiDeps {
  key: Secret;
  /** Stands in the environment or is Google's own: whoever sets that owns the host. */
  baseUrl: string;
  outgoing: Pick<Outgoing, "fetch">;
}

/** More of an answer is not read: enough to learn what an answer cost that is too long to be used. */
const ANSWER_BYTES_MOST = 4_000_000;
const LIST_MS = 15_000;
const MODELS_MOST = 200;

export function createGemini(deps: GeminiDeps): ModelClient {
  /** A client of its own for each call, so that what went wrong on the way is known. */
  async function open(timeoutMs: number, signal?: AbortSignal) {
    const { GoogleGenAI } = await import("@google/genai/web");
    const way = wayThrough(deps, timeoutMs, signal);
    const httpOptions: HttpOptions = { baseUrl: deps.baseUrl, fetch: way.fetch };
    return { ai: new GoogleGenAI({ apiKey: deps.key.reveal(), httpOptions }), way };
  }

  return {
    async generate(request, signal) {
      const { ai, way } = await open(request.timeoutMs, signal);
      const response = await ai.models.generateContent(parametersOf(request))
        .catch((error) => way.refuse(error, signal));
      return rawAnswer(response, request.model);
    },
    async models(signal) {
      const { ai, way } = await open(LIST_MS, signal);
      const names: string[] = [];
      try {
        for await (const { name, supportedActions } of await ai.models.list()) {
          const writes = supportedActions?.includes("generateContent") ?? true;
          if (writes && name !== undefined) names.push(name.replace(/^models\//, ""));
          if (names.length === MODELS_MOST) break;
        }
      } catch (error) {
        way.refuse(error, signal);
      }
      return names;
    },
  };
}

function parametersOf(request: ModelRequest) {
  return {
    model: request.model,
    contents: request.prompt,
    config: {
      systemInstruction: request.system,
      responseMimeType: "application/json",
      responseJsonSchema: request.schema,
      maxOutputTokens: request.mostTokens,
      // Thinking counts against the tokens of the answer.
      thinkingConfig: { thinkingLevel: "LOW" as never },
    },
  };
}

function rawAnswer(response: GenerateContentResponse, asked: string): RawAnswer {
  const { candidates, promptFeedback, usageMetadata, modelVersion } = response;
  const first = candidates?.[0];
  const text = (first?.content?.parts ?? []).filter((part) => part.thought !== true)
    .map((part) => part.text ?? "").join("");
  return {
    text: text === "" ? null : text,
    finish: first?.finishReason ?? null,
    blocked: promptFeedback?.blockReason ?? null,
    model: typeof modelVersion === "string" && modelVersion !== "" ? modelVersion : asked,
    tokens: tokensOf(usageMetadata?.totalTokenCount),
  };
}

function tokensOf(count: unknown): number | null {
  return typeof count === "number" && Number.isFinite(count) && count >= 0
    ? Math.ceil(count)
    : null;
}

/** The guarded way out as the SDK wants it, and what went wrong on it. */
function wayThrough({ outgoing, key }: GeminiDeps, timeoutMs: number, signal?: AbortSignal) {
  let answer: OutgoingAnswer | null = null;
  let fault: ModelFault | null = null;
  return {
    fetch: (async (input: string | URL | Request, init?: RequestInit) => {
      try {
        answer = await outgoing.fetch(String(input), {
          method: init?.method,
          headers: Object.fromEntries(new Headers(init?.headers)),
          body: typeof init?.body === "string" ? init.body : undefined,
          maxBytes: ANSWER_BYTES_MOST,
          trusted: true,
          timeoutMs,
          signal,
        });
      } catch (error) {
        signal?.throwIfAborted();
        const sent = error instanceof OutgoingError && error.fault === "timeout";
        throw fault = new ModelFault(null, messageOf(error), { sent });
      }
      const { status, text, truncated, headers } = answer;
      if (truncated && status < 400) {
        throw fault = new ModelFault(status, "", { tooLong: true, sent: true });
      }
      return new Response(text, {
        status: status >= 200 && status <= 599 && ![204, 205, 304].includes(status) ? status : 502,
        headers: { "content-type": headers["content-type"] ?? "application/json" },
      });
    }) as typeof fetch,
    /** What the SDK threw, as a fault. */
    refuse(error: unknown, signal?: AbortSignal): never {
      signal?.throwIfAborted();
      if (fault !== null) throw fault;
      if (answer === null) throw new ModelFault(null, messageOf(error));
      const { status, text, headers } = answer;
      const retryAfterS = Number(headers["retry-after"] ?? NaN);
      throw new ModelFault(status, messageOf(error).slice(0, 200), {
        // A service that repeats the key in its complaint does not get it shown.
        body: parsed(text.replaceAll(key.reveal(), "***")),
        sent: status < 400,
        ...(Number.isFinite(retryAfterS) ? { retryAfterMs: retryAfterS * 1000 } : {}),
      });
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
