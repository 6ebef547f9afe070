/**
 * The bytes of a file that is imported: unpacked where it is gzip (several members, too), recoded where a spreadsheet
 * wrote UTF-16.
 */
import { createGunzip } from "node:zlib";
import { PerchError } from "../../base/errors.ts";
import type { ImportSource } from "./format.ts";

/** What comes at once, at most. */
export const BLOCK_BYTES = 256 * 1024;
/** A thousand times as much may come out of a piece of gzip. */
const PIECE_BYTES = 8 * 1024;
/** What is unpacked before its ratio is looked at, and the most that readings shrink: texts of them do 5 to 60 times. */
const UNPACKED_FREE_BYTES = 256 * 1024 * 1024;
const RATIO_MOST = 300;
/** How a file is packed, by its first bytes. */
type Packing = "plain" | "gzip" | "utf-16le" | "utf-16be";

interface Block {
  bytes: Uint8Array;
  /** Of the file that has been read, 0…1. */
  share: number;
  /** Bytes of a file that is not packed; null: it is. */
  of: number | null;
}

/** The unpacked bytes from `from` on, valid until the next are asked for. */
export async function* bytesOf(
  source: ImportSource,
  from: number,
  signal?: AbortSignal,
): AsyncGenerator<Block> {
  using file = await Deno.open(source.path);
  const size = Math.max(1, (await file.stat()).size);
  const packing = await packingOf(file, source);
  let read = 0;
  const position = packing === "plain" ? from : 0;
  await file.seek(position, Deno.SeekMode.Start);
  async function* blocks() {
    const block = new Uint8Array(BLOCK_BYTES);
    for (let n; (n = await file.read(block)) !== null;) {
      signal?.throwIfAborted();
      read += n;
      yield block.subarray(0, n);
    }
  }
  let left = from - position;
  for await (const bytes of unpacked(packing, blocks(), () => read)) {
    signal?.throwIfAborted();
    const skip = Math.min(left, bytes.length);
    left -= skip;
    const share = Math.min(1, (position + read) / size);
    const of = packing === "plain" ? size : null;
    if (skip < bytes.length) yield { bytes: bytes.subarray(skip), share, of };
  }
}

async function packingOf(file: Deno.FsFile, source: ImportSource): Promise<Packing> {
  const start = new Uint8Array(4);
  const bytes = await file.read(start) ?? 0;
  const begins = (...magic: number[]) =>
    bytes >= magic.length && magic.every((byte, i) => start[i] === byte);
  if (begins(0x1f, 0x8b)) return "gzip";
  if (begins(0xff, 0xfe)) return "utf-16le";
  if (begins(0xfe, 0xff)) return "utf-16be";
  const other = begins(0x50, 0x4b, 3, 4)
    ? "zip"
    : begins(0x28, 0xb5, 0x2f, 0xfd)
    ? "zstd"
    : begins(0xfd, 0x37, 0x7a, 0x58)
    ? "xz"
    : begins(0x42, 0x5a, 0x68)
    ? "bzip2"
    : null;
  if (other === null) return "plain";
  throw new PerchError(
    "validation",
    `"${source.name}" is packed with ${other}: unpack it first; only gzip is read as it is`,
  );
}

async function* unpacked(
  packing: Packing,
  blocks: AsyncGenerator<Uint8Array>,
  read: () => number,
): AsyncGenerator<Uint8Array> {
  if (packing === "plain") return yield* blocks;
  if (packing === "gzip") return yield* gunzipped(blocks, read);
  const decoder = new TextDecoder(packing);
  const encoder = new TextEncoder();
  for await (const block of blocks) yield encoder.encode(decoder.decode(block, { stream: true }));
}

/**
 * `node:zlib`, because the web's stream refuses files of several members, as `cat a.gz b.gz` makes them. It is handed a
 * piece when all of the one before has been taken: what came before damage is given, and no more than that is held.
 */
async function* gunzipped(
  blocks: AsyncGenerator<Uint8Array>,
  read: () => number,
): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 64 * 1024 });
  let parts: Uint8Array[] = [];
  let fault: unknown = null;
  let bytes = 0;
  gunzip.on("data", (part: Uint8Array) => parts.push(part));
  gunzip.on("error", (error: unknown) => fault = error);
  const closed = new Promise<void>((done) => gunzip.once("close", done));
  function* taken() {
    for (const part of parts.splice(0)) {
      bytes += part.length;
      if (bytes > UNPACKED_FREE_BYTES && bytes > RATIO_MOST * read()) throw tooDense();
      yield part;
    }
  }
  try {
    for await (const block of blocks) {
      for (let at = 0; at < block.length && fault === null; at += PIECE_BYTES) {
        const piece = block.slice(at, at + PIECE_BYTES);
        await Promise.race([
          new Promise<void>((done) => gunzip.write(piece, () => done())),
          closed,
        ]);
        yield* taken();
      }
    }
    if (fault === null) gunzip.end();
    await closed;
    yield* taken();
    if (fault !== null) throw gzipFault(fault);
  } finally {
    parts = [];
    gunzip.destroy();
  }
}

function tooDense(): PerchError {
  return new PerchError(
    "validation",
    `the file unpacks to more than ${RATIO_MOST} times its size, as no history does: ` +
      "unpack it yourself if it is one",
  );
}

function gzipFault(error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== "string" || !code.startsWith("Z_")) return error;
  return new PerchError(
    "validation",
    code === "Z_BUF_ERROR"
      ? "the gzip file breaks off: its end is missing. What stands before it was read; import the whole file again"
      : "the gzip file is damaged. What stands before the damage was read; import the whole file again",
    { cause: error },
  );
}
