import { Decrypter } from "age-encryption";
import { createHash } from "node:crypto";
import { messageOf, PerchError } from "../base/errors.ts";
import { onDisk } from "../base/disk.ts";
import { through } from "./streams.ts";

/**
 * What is handed on in one piece: a thousand times as much may come out of it, which is then in memory.
 */
const PIECE_BYTES = 8 * 1024;
const BLOCK_BYTES = 64 * 1024;
const AGE = "age-encryption.org/v1\n";
/** The beginning of what `CompressionStream` writes: no flags, no time, no name. */
const GZIP = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0];

/** An archive that is read once, from end to end. */
export interface OpenedArchive extends Disposable {
  /** Decrypted and decompressed. */
  tar: ReadableStream<Uint8Array>;
  encrypted: boolean;
  size: number;
  /** Bytes of the file that were read so far. */
  position(): number;
  /** After the end was reached: what was read. @throws PerchError `validation` when bytes are left */
  whole(): { bytes: number; sha256: string };
}

/**
 * How an archive begins, whatever its name says.
 * @throws PerchError `validation` when it is none; `not_found`, `storage_failed`
 */
export async function archiveKind(path: string): Promise<"plain" | "encrypted"> {
  using file = await openFile(path);
  return await kindOf(file, path);
}

async function kindOf(file: Deno.FsFile, path: string): Promise<"plain" | "encrypted"> {
  const start = await beginning(file);
  if (new TextDecoder().decode(start).startsWith(AGE)) return "encrypted";
  if (isGzip(start)) return "plain";
  throw refuseForeign(path, (await file.stat()).size);
}

/**
 * Opens an archive by what it begins with, whatever its name says.
 * @throws PerchError `validation` when it is none, or no key opens it; `not_found`, `storage_failed`
 */
export async function openArchive(
  path: string,
  identity: string | null,
  signal: AbortSignal,
): Promise<OpenedArchive> {
  const file = await openFile(path);
  try {
    const { size } = await file.stat();
    const encrypted = await kindOf(file, path) === "encrypted";
    const hash = createHash("sha256");
    let position = 0;
    const raw = new ReadableStream<Uint8Array>({
      async pull(controller) {
        signal.throwIfAborted();
        const block = new Uint8Array(BLOCK_BYTES);
        const n = await onDisk(`read the backup ${path}`, () => file.read(block));
        if (n === null) return controller.close();
        position += n;
        hash.update(block.subarray(0, n));
        controller.enqueue(block.subarray(0, n));
      },
    }, { highWaterMark: 0 });
    const plain = encrypted ? await decrypt(raw, path, identity) : raw;
    const compressed = encrypted ? plain.pipeThrough(onlyGzip(path)) : plain;
    const pieces = { bytes: PIECE_BYTES, isOurs: () => true };
    const tar = through(compressed, new DecompressionStream("gzip"), pieces);
    return {
      tar,
      encrypted,
      size,
      position: () => position,
      whole() {
        if (position === size) return { bytes: position, sha256: hash.digest("hex") };
        throw new PerchError(
          "validation",
          `The backup ${path} has ${size} bytes and ends at ${position}: what is behind it does not belong to it.`,
        );
      },
      [Symbol.dispose]: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      return await onDisk(`open the backup ${path}`, () => Promise.reject(error));
    }
    throw new PerchError("not_found", `There is no backup ${path}.`);
  }
}

async function beginning(file: Deno.FsFile): Promise<Uint8Array> {
  const start = new Uint8Array(AGE.length);
  let n = 0;
  while (n < start.length) {
    const read = await file.read(start.subarray(n));
    if (read === null) break;
    n += read;
  }
  await file.seek(0, Deno.SeekMode.Start);
  return start.subarray(0, n);
}

async function decrypt(
  raw: ReadableStream<Uint8Array>,
  path: string,
  identity: string | null,
): Promise<ReadableStream<Uint8Array>> {
  if (identity === null) {
    throw new PerchError(
      "validation",
      `The backup ${path} is encrypted: give the private key (AGE-SECRET-KEY-…) that opens it.`,
      {
        errors: [{ path: "identity", message: "This backup is encrypted: type its private key." }],
      },
    );
  }
  const decrypter = new Decrypter();
  try {
    decrypter.addIdentity(identity.trim());
  } catch {
    throw new PerchError(
      "validation",
      "identity: this is no private key of age (AGE-SECRET-KEY-1…)",
      { errors: [{ path: "identity", message: "no private key of age (AGE-SECRET-KEY-1…)" }] },
    );
  }
  try {
    return await decrypter.decrypt(raw);
  } catch (error) {
    if (error instanceof PerchError) throw error;
    const reason = messageOf(error);
    if (/no identity matched/.test(reason)) {
      throw new PerchError(
        "validation",
        `None of the keys opens the backup ${path}: it was encrypted for another one.`,
        { cause: error, errors: [{ path: "identity", message: "This key does not open it." }] },
      );
    }
    throw new PerchError(
      "validation",
      `The backup ${path} is damaged or cut off in its first bytes, which say how it is encrypted: ${reason}.`,
      { cause: error },
    );
  }
}

/** Of what was encrypted the beginning is looked at when it is decrypted. */
function onlyGzip(path: string): TransformStream<Uint8Array, Uint8Array> {
  let looked = false;
  return new TransformStream({
    transform(chunk, controller) {
      if (!looked && !isGzip(chunk)) throw refuseForeign(path, chunk.length);
      looked = true;
      controller.enqueue(chunk);
    },
  });
}

function isGzip(start: Uint8Array): boolean {
  return GZIP.every((byte, i) => start[i] === byte);
}

function refuseForeign(path: string, size: number): PerchError {
  return new PerchError(
    "validation",
    size === 0
      ? `The backup ${path} is empty.`
      : `${path} is no backup of Perch: it begins neither as a compressed archive nor as an encrypted one.`,
  );
}
