/** Parts of a file that does not change, so that a download goes on where it broke off (RFC 9110, section 14). */

/** First and last byte, both included. */
export interface ByteRange {
  from: number;
  to: number;
}

/**
 * Pure: the range that is asked for; null: all of it (also for several ranges, which need not be given, and when
 * `If-Range` means another file); "none": there is nothing there (416).
 */
export function rangeOf(
  headers: Headers,
  { bytes, etag }: { bytes: number; etag: string },
): ByteRange | "none" | null {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(headers.get("range")?.trim() ?? "");
  if (match === null) return null;
  const condition = headers.get("if-range");
  if (condition !== null && condition !== etag) return null;
  const [first, last] = match.slice(1).map((text) => text === "" ? null : Number(text));
  if (first === null && last === null) return null;
  if (first === null) {
    return last === 0 ? "none" : { from: Math.max(0, bytes - last!), to: bytes - 1 };
  }
  if (last !== null && last < first) return null;
  if (first >= bytes) return "none";
  return { from: first, to: Math.min(last ?? Infinity, bytes - 1) };
}

/** The answer where nothing is in the range that was asked for. */
export function nothingOf(bytes: number, headers: Headers): Response {
  headers.set("content-range", `bytes */${bytes}`);
  headers.delete("content-disposition");
  return new Response(null, { status: 416, headers });
}

/** So much of a file, as a stream that closes it. */
export async function fileRange(
  path: string,
  from: number,
  to: number,
): Promise<ReadableStream<Uint8Array>> {
  const file = await Deno.open(path);
  try {
    await file.seek(from, Deno.SeekMode.Start);
  } catch (error) {
    file.close();
    throw error;
  }
  return file.readable.pipeThrough(firstBytes(to - from + 1));
}

function firstBytes(most: number): TransformStream<Uint8Array, Uint8Array> {
  let left = most;
  return new TransformStream({
    transform(chunk, controller) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (part.length > 0) controller.enqueue(part);
      if (left === 0) controller.terminate();
    },
  });
}
