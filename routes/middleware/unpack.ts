import { PerchError } from "../../lib/base/errors.ts";

/**
 * A gzip body, unpacked to at most `bytesMost`: what is beyond is not unpacked.
 * @throws PerchError `payload_too_large`, `bad_request` when it is not gzip.
 */
export async function unpack(request: Request, bytesMost: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const stream = (request.body ?? new Blob([]).stream()).pipeThrough(
      new DecompressionStream("gzip"),
    );
    for await (const chunk of stream) {
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
