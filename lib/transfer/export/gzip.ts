import { type Bytes, NO_BYTES } from "./table.ts";

/** Compresses bit by bit. */
export interface Gzip {
  /** Takes bytes in; gives what is ready. */
  add(bytes: Bytes): Promise<Bytes>;
  /** The rest. */
  end(): Promise<Bytes>;
}

export function createGzip(): Gzip {
  const stream = new CompressionStream("gzip");
  const writer = stream.writable.getWriter();
  let ready: Uint8Array[] = [];
  // What goes wrong is heard by whoever writes.
  const drained = (async () => {
    for await (const bytes of stream.readable) ready.push(bytes);
  })();
  drained.catch(() => {});
  const take = async () => {
    if (ready.length === 0) return NO_BYTES;
    const bytes = new Uint8Array(await new Blob(ready as BlobPart[]).arrayBuffer());
    ready = [];
    return bytes;
  };
  return {
    async add(bytes) {
      if (bytes.length > 0) await writer.write(bytes);
      return take();
    },
    async end() {
      await writer.close();
      await drained;
      return take();
    },
  };
}
