/**
 * DESIGN. The memory of a piece of a stream is given back by the garbage collection, which lets 100 MB of it pile up:
 * it hardly counts what lies outside of its heap. A backup has to fit beside everything else on a small host, so
 * large pieces are given back by hand, as soon as nobody looks at them any more.
 */

/** What is handed to the transformation in one piece. */
export interface Pieces {
  bytes: number;
  /** True for pieces that nobody else looks at. */
  isOurs(chunk: Uint8Array): boolean;
}

/** Pipes a stream through a transformation that copies what it is given. An error on either side ends both. */
export function through(
  source: ReadableStream<Uint8Array>,
  transform: GenericTransformStream,
  { bytes, isOurs }: Pieces,
): ReadableStream<Uint8Array> {
  const writer: WritableStreamDefaultWriter<Uint8Array> = transform.writable.getWriter();
  const pump = async () => {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += bytes) {
        await writer.write(chunk.subarray(at, at + bytes));
      }
      if (isOurs(chunk)) giveBack(chunk);
    }
    await writer.close();
  };
  pump().catch((error) => writer.abort(error).catch(() => {}));
  return transform.readable;
}

/** Frees the memory of what is nobody's any more; that of a part of something larger stays. */
export function giveBack(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (chunk.length === buffer.byteLength && buffer instanceof ArrayBuffer) buffer.transfer(0);
}
