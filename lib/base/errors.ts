/** One thing that is wrong with an input: where it stands and what is allowed there. */
export interface FieldError {
  /** JSON path or field name, e.g. `readings.3.value`. */
  path: string;
  message: string;
}

/** Codes are stable names that scripts may rely on; see `HTTP_STATUS` for how each is answered. */
export type ErrorCode =
  | "bad_request"
  | "validation"
  | "unauthenticated"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "too_slow"
  | "conflict"
  | "payload_too_large"
  | "unsupported_media_type"
  | "misdirected"
  | "rate_limited"
  | "busy"
  | "storage_full"
  | "storage_failed"
  | "not_started"
  | "unavailable"
  | "internal";

/** How each code is answered over HTTP. The only such table. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  bad_request: 400,
  validation: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  too_slow: 408,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  misdirected: 421,
  rate_limited: 429,
  busy: 503,
  storage_full: 507,
  storage_failed: 503,
  // Perch does not start on what it found; the message says what, where and what to do. Exit code 2.
  not_started: 503,
  unavailable: 503,
  internal: 500,
};

/**
 * Why a start was refused or nothing is taken, where a backup may help: `damaged` and `missing` are what is restored
 * from one; `lost` is what went missing while Perch runs; what is `blocked` is mended otherwise first, and so is a
 * place where no restore can write, because another has it or its disk cannot be written: the backup helps
 * `elsewhere`. Another Perch has a server's database: `taken`. A `newer` Perch wrote it; a `key` file is damaged; the
 * disk is `full`.
 */
export type RefusalKind =
  | "damaged"
  | "missing"
  | "lost"
  | "blocked"
  | "elsewhere"
  | "taken"
  | "newer"
  | "key"
  | "full";

/** What is refused: what is wrong, without what to do about it, and the file that is meant. */
export interface Refusal {
  kind: RefusalKind;
  what: string;
  path?: string;
}

/** An error that a person may read: a code, a sentence, and where it helps the fields and a retry time. */
export class PerchError extends Error {
  override readonly name = "PerchError";
  readonly errors: readonly FieldError[];
  /** Seconds after which trying again makes sense (Retry-After). */
  readonly retryAfterS: number | undefined;
  /** Line of the input that is meant, from 1. */
  readonly line: number | undefined;
  /** What it is about, as the audit log knows it: whoever changed that meanwhile is named. Stays inside. */
  readonly about: readonly string[];
  /** Who was faster, and when. */
  readonly faster: { by: string; atMs: number } | undefined;
  /** Where a backup may help. */
  readonly refusal: Refusal | undefined;
  constructor(
    readonly code: ErrorCode,
    message: string,
    options: {
      errors?: readonly FieldError[];
      retryAfterS?: number;
      line?: number;
      cause?: unknown;
      about?: readonly string[];
      faster?: { by: string; atMs: number };
      refusal?: Refusal;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.errors = options.errors ?? [];
    this.retryAfterS = options.retryAfterS;
    this.line = options.line;
    this.about = options.about ?? [];
    this.faster = options.faster;
    this.refusal = options.refusal;
  }
}

/** The human sentence of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
