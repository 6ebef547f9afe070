import { PerchError } from "../../lib/base/errors.ts";

/** What is unpacked at once: up to a thousand times as much comes out of it, in one piece. */
const STEP_BYTES = 512;

/**
 * A gzip body, unpacked to at most `bytesMost`: what is beyond is not unpacked.
 * @throws PerchError `payload_too_large`, `bad_request` when it is not gzip.
 */
export async function unpack(
  request: Request,
  bytesMost: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const packed = request.body ?? new Blob([]).stream();
    const steps = ReadableStream.from(inSteps(packed));
    for await (const chunk of steps.pipeThrough(new DecompressionStream("gzip"))) {
      size += chunk.length;
      if (size > bytesMost) break;
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof PerchError) throw error;
    throw new PerchError("bad_request", "the body is not valid gzip");
  }
  if (size > bytesMost) {
    throw new PerchError(
      "payload_too_large",
      `the body unpacks to more than the ${bytesMost} bytes allowed here`,
    );
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

async function* inSteps(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; at += STEP_BYTES) {
      yield chunk.slice(at, at + STEP_BYTES);
    }
  }
}
