import { createHash } from "node:crypto";

const BLOCK_BYTES = 256 * 1024;

/** Reads a file from end to end, block by block. @throws what the file system says, or the reason of `signal` */
export async function hashFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  const block = new Uint8Array(BLOCK_BYTES);
  let bytes = 0;
  using file = await Deno.open(path);
  for (let n; (n = await file.read(block)) !== null; bytes += n) {
    hash.update(block.subarray(0, n));
    signal?.throwIfAborted();
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** What the system says when so many bytes are written to `path`, which is removed again; null: that works. */
export function writeFault(path: string, bytes: number): unknown {
  try {
    Deno.writeFileSync(path, new Uint8Array(bytes), { mode: 0o600 });
    return null;
  } catch (error) {
    return error;
  } finally {
    try {
      Deno.removeSync(path);
    } catch {
      // It was not made.
    }
  }
}
