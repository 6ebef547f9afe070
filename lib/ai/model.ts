/** The contract of whoever speaks with a model (`gemini.ts`). */

/** One request, as it leaves. */
export interface ModelRequest {
  model: string;
  /** What to do. */
  system: string;
  /** The one message: a JSON text. */
  prompt: string;
  /** JSON Schema of the answer. */
  schema: Record<string, unknown>;
  /** Of the answer, thinking included. */
  mostTokens: number;
  timeoutMs: number;
}

/** What came back, before anybody looked at it. */
export interface RawAnswer {
  /** Null: there is none. */
  text: string | null;
  /** `STOP`, `MAX_TOKENS`, `SAFETY` …; null: not said. */
  finish: string | null;
  /** Why the question was refused. */
  blocked: string | null;
  model: string;
  /** Null: the service did not say. */
  tokens: number | null;
}

export interface ModelClient {
  /** @throws ModelFault */
  generate(request: ModelRequest, signal?: AbortSignal): Promise<RawAnswer>;
  /** Names of the models that may be asked. @throws ModelFault */
  models(signal?: AbortSignal): Promise<string[]>;
}

/** Why there is no answer. */
export class ModelFault extends Error {
  override readonly name = "ModelFault";
  constructor(
    /** HTTP status; null: no answer came at all. */
    readonly status: number | null,
    message: string,
    readonly details: {
      /** The body of the answer. */
      body?: unknown;
      /** Of the header Retry-After. */
      retryAfterMs?: number;
      /** The answer was longer than is read. */
      tooLong?: boolean;
      /** The request may have been worked on although no answer came. */
      sent?: boolean;
    } = {},
  ) {
    super(message);
  }
}
