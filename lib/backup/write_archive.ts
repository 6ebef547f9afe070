import { createTarPacker, type TarPackController } from "modern-tar";
import { Encrypter } from "age-encryption";
import { join } from "node:path";
import { PerchError } from "../base/errors.ts";
import { pacedWriter } from "../base/paced_file.ts";
import { diskError, onDisk } from "../base/disk.ts";
import { manifestText } from "./entries.ts";
import { type Manifest, MANIFEST_NAME } from "./manifest.ts";
import { giveBack, through } from "./streams.ts";

const BLOCK_BYTES = 64 * 1024;

export interface WriteOptions {
  /** Of the archive; does not exist yet. */
  path: string;
  manifest: Manifest;
  /** Where the files of the manifest lie. */
  folder: string;
  /** Public keys of those who can read it; none: it is not encrypted. */
  recipients: readonly string[];
  signal: AbortSignal;
  /** 0 to 1. */
  onShare(share: number): void;
}

/**
 * Writes an archive: `tar`, the manifest first, compressed, and encrypted for the recipients. It is on the disk
 * when this resolves. Holds a few blocks of it at a time.
 * @throws PerchError `storage_full`, `storage_failed`; what was written is then left to be removed
 */
export async function writeArchive(options: WriteOptions): Promise<void> {
  const { readable, controller } = createTarPacker();
  // Whichever side fails ends the other one.
  const ending = (error: unknown) => {
    controller.error(error);
    throw error;
  };
  const written = write(readable, options).catch(ending);
  const packed = pack(controller, options).catch(ending);
  for (const side of await Promise.allSettled([written, packed])) {
    if (side.status === "rejected") throw side.reason;
  }
}

async function pack(controller: TarPackController, options: WriteOptions): Promise<void> {
  const { manifest, folder, signal, onShare } = options;
  const mtime = new Date(manifest.created_ms);
  const add = (name: string, size: number) =>
    controller.add({ name, size, mtime, mode: 0o600, type: "file" }).getWriter();
  const text = manifestText(manifest);
  const writer = add(MANIFEST_NAME, text.length);
  await writer.write(text);
  await writer.close();
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let packed = 0;
  for (const { path, bytes } of manifest.files) {
    const writer = add(path, bytes);
    using file = await Deno.open(join(folder, path));
    for (;;) {
      signal.throwIfAborted();
      const block = new Uint8Array(Math.min(BLOCK_BYTES, Math.max(1, bytes)));
      const n = await onDisk(`read ${path}`, () => file.read(block));
      if (n === null) break;
      await writer.write(block.subarray(0, n));
      packed += n;
      onShare(packed / Math.max(1, total));
    }
    await writer.close();
  }
  controller.finalize();
}

async function write(tar: ReadableStream<Uint8Array>, options: WriteOptions): Promise<void> {
  const { path, recipients, signal } = options;
  // Heads and ends belong to the packer.
  const pieces = { bytes: BLOCK_BYTES, isOurs: ({ length }: Uint8Array) => length === BLOCK_BYTES };
  let bytes = through(tar, new CompressionStream("gzip"), pieces);
  if (recipients.length > 0) bytes = await encrypterFor(recipients).encrypt(bytes);
  const action = `write the backup ${path}`;
  using file = await onDisk(
    action,
    () => Deno.open(path, { write: true, createNew: true, mode: 0o600 }),
  );
  const write = pacedWriter(file);
  const sink = new WritableStream<Uint8Array>({
    async write(chunk) {
      await onDisk(action, () => write(chunk));
      giveBack(chunk);
    },
  });
  try {
    await bytes.pipeTo(sink, { signal });
    await file.sync();
  } catch (error) {
    throw diskError(error, action);
  }
}

/** @throws PerchError `validation` when a recipient is no public key */
export function encrypterFor(recipients: readonly string[]): Encrypter {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      const message = `"${recipient.slice(0, 80)}" is no public key of age (age1…)`;
      throw new PerchError("validation", `recipient: ${message}`, {
        errors: [{ path: "recipient", message }],
      });
    }
  }
  return encrypter;
}
