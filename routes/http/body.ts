import { PerchError } from "../../lib/base/errors.ts";

/** Largest body of a route that does not say otherwise. */
export const DEFAULT_BODY_BYTES = 1024 * 1024;

function tooLarge(limit: number): PerchError {
  return new PerchError(
    "payload_too_large",
    `the body is larger than the ${limit} bytes allowed here`,
  );
}

/**
 * The request, with its body held to `limit` bytes. A declared length is checked at once (the server cuts
 * what exceeds it); a body of unknown length is counted while it is read.
 * @throws PerchError `payload_too_large`, here or from the body's reader.
 */
export function limitBody(request: Request, limit: number): Request {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (!/^\d+$/.test(declared) || Number(declared) > limit) throw tooLarge(limit);
    return request;
  }
  if (request.body === null) return request;
  let seen = 0;
  const counted = request.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        seen += chunk.byteLength;
        if (seen > limit) controller.error(tooLarge(limit));
        else controller.enqueue(chunk);
      },
    }),
  );
  return new Request(request, { body: counted });
}

/**
 * What `answer` gives, or `too_slow` when the body was not there after `timeoutMs`, so that what a slow sender
 * holds is freed. Requests without a body, whose answers may take as long as they like, are not timed.
 */
export async function withinTime(
  request: Request,
  timeoutMs: number,
  answer: () => Promise<Response>,
): Promise<Response> {
  if (request.body === null) return await answer();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const late = `the request was not complete after ${timeoutMs / 1000} s`;
      reject(new PerchError("too_slow", late));
    }, timeoutMs);
  });
  try {
    return await Promise.race([answer(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The pieces of a body as they come, of which the next one is there after `mostMs` at the latest: a large file may take
 * hours, a sender that is gone holds nothing for long. @throws PerchError `too_slow`
 */
export async function* steadily(
  body: ReadableStream<Uint8Array>,
  mostMs: number,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        const error = new PerchError("too_slow", `nothing came for ${mostMs / 1000} s`);
        timer = setTimeout(() => reject(error), mostMs);
      });
      const { done, value } = await Promise.race([reader.read(), late])
        .finally(() => clearTimeout(timer));
      if (done) return;
      yield value;
    }
  } finally {
    // What is not read any more is let go; a sender that is gone has nothing to let go.
    await reader.cancel().catch(() => {});
  }
}

/**
 * Reads a JSON body; none at all is `{}`, so that `curl -X POST …/ack` works.
 * @throws PerchError `unsupported_media_type` for a body without a JSON content type (a form of another site cannot set
 * one), `bad_request` when it is not JSON or not UTF-8.
 */
export async function readJson(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type")?.split(";")[0].trim().toLowerCase() ?? "";
  const declared = request.headers.get("content-length");
  const none = request.body === null || declared === "0";
  if (none && type === "") return {};
  if (type !== "application/json" && !/^application\/[\w.-]+\+json$/.test(type)) {
    throw new PerchError(
      "unsupported_media_type",
      `content type ${
        type === "" ? "is missing" : `"${type}" is not accepted`
      }: send application/json`,
    );
  }
  const bytes = new Uint8Array(await request.arrayBuffer());
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new PerchError("bad_request", "the body is not valid JSON in UTF-8");
  }
}
