import { HTTP_STATUS, PerchError } from "../../lib/base/errors.ts";
import type { ErrorCode } from "../../lib/base/errors.ts";

const TITLES: Readonly<Record<ErrorCode, string>> = {
  bad_request: "Bad request",
  validation: "The input is not valid",
  unauthenticated: "Not signed in",
  forbidden: "Not allowed",
  not_found: "Not found",
  method_not_allowed: "Method not allowed",
  too_slow: "Too slow",
  conflict: "Conflict",
  payload_too_large: "Too large",
  unsupported_media_type: "Unsupported media type",
  misdirected: "Misdirected request",
  rate_limited: "Too many requests",
  busy: "Busy",
  storage_full: "Storage is full",
  storage_failed: "Storage failed",
  not_started: "Not started",
  unavailable: "Not available",
  internal: "Internal error",
};

/** An RFC 9457 problem, as every error is answered. `type` is the code as a relative reference. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** The same words as `detail`: Influx clients read this member and `line`. */
  message: string;
  line?: number;
  code: ErrorCode;
  errors: readonly { path: string; message: string }[];
  /** Who changed it in the same moment, or since the caller saw it. */
  faster?: { by: string; at_ms: number };
}

/** Errors quote their input: what is answered stays small whatever that was. */
const ERRORS_MOST = 100;
const TEXT_CHARS = 2_000;
const PATH_CHARS = 300;

function short(text: string, most = TEXT_CHARS): string {
  return text.length <= most ? text : `${text.slice(0, most).toWellFormed()}…`;
}

/** What a PerchError looks like from outside. Causes and stacks stay inside. */
export function problemOf(error: PerchError): Problem {
  const detail = short(error.message);
  return {
    type: `/problems/${error.code}`,
    title: TITLES[error.code],
    status: HTTP_STATUS[error.code],
    detail,
    message: detail,
    ...(error.line === undefined ? {} : { line: error.line }),
    code: error.code,
    errors: error.errors.slice(0, ERRORS_MOST)
      .map(({ path, message }) => ({ path: short(path, PATH_CHARS), message: short(message) })),
    ...(error.faster && { faster: { by: error.faster.by, at_ms: error.faster.atMs } }),
  };
}

/** Headers that go with an error: Retry-After where trying again helps, the challenge where a sign-in does. */
export function problemHeaders(error: PerchError): Record<string, string> {
  const headers: Record<string, string> = {};
  if (error.retryAfterS !== undefined) headers["retry-after"] = `${Math.ceil(error.retryAfterS)}`;
  // What is left of the body is not waited for.
  if (error.code === "too_slow") headers.connection = "close";
  if (error.code === "unauthenticated") headers["www-authenticate"] = 'Bearer realm="perch"';
  return headers;
}

/** The error as `application/problem+json`. */
export function problemResponse(error: PerchError, extra: Record<string, string> = {}): Response {
  const problem = problemOf(error);
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: {
      "content-type": "application/problem+json",
      ...problemHeaders(error),
      ...extra,
    },
  });
}
