import { createTarDecoder, type ParsedTarEntry } from "modern-tar";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { messageOf, PerchError } from "../base/errors.ts";
import { pacedWriter } from "../base/paced_file.ts";
import { syncFolder } from "../base/durable_file.ts";
import { isAbort, onDisk } from "../base/disk.ts";
import {
  MOST_MANIFEST_BYTES,
  mostTarBytes,
  nameFault,
  readManifest,
  show,
  unpackedBytes,
} from "./entries.ts";
import { type Manifest, MANIFEST_NAME } from "./manifest.ts";
import { openArchive, type OpenedArchive } from "./open_archive.ts";
import { giveBack } from "./streams.ts";

/** The manifest may lie in memory together with much of what is behind it. */
const MOST_BYTES_BEFORE_MANIFEST = 8 * MOST_MANIFEST_BYTES;

export interface ReadOptions {
  file: string;
  /** Private key of an encrypted archive. */
  identity: string | null;
  /** Folder that exists and is empty: nothing is written outside of it. */
  into: string;
  /** Of all files together; more is refused before it is written. */
  mostBytes: number;
  /** What is unpacked survives a power cut when this resolves. */
  durable: boolean;
  signal: AbortSignal;
  /** 0 to 1. */
  onShare(share: number): void;
}

/** What was read: every byte of the archive. */
export interface ReadArchive {
  manifest: Manifest;
  bytes: number;
  sha256: string;
}

/**
 * Unpacks an archive and holds it against its manifest: names, sizes, order, hashes, nothing more and nothing
 * less. Every name and size is judged before it is used.
 * @throws PerchError `validation` names the archive, the entry and what is wrong; `conflict` when a newer Perch
 * wrote it; `storage_full`, `storage_failed`
 */
export async function readArchive(options: ReadOptions): Promise<ReadArchive> {
  using archive = await openArchive(options.file, options.identity, options.signal);
  const reading = { entry: "" };
  try {
    const manifest = await unpack(archive, options, reading);
    return { manifest, ...archive.whole() };
  } catch (error) {
    if (error instanceof PerchError || isAbort(error)) throw error;
    const where = reading.entry === "" ? "before its first entry" : `in ${show(reading.entry)}`;
    throw damaged(options.file, where, archive, error);
  }
}

/**
 * The manifest of an archive, of which nothing behind it is read or checked. @throws PerchError as `readArchive`
 */
export async function manifestIn(file: string, identity: string | null): Promise<Manifest> {
  using archive = await openArchive(file, identity, new AbortController().signal);
  const refuse = refusalOf(file);
  const entries = archive.tar
    .pipeThrough(meter(createLimit(MOST_BYTES_BEFORE_MANIFEST, refuse)))
    .pipeThrough(createTarDecoder({ strict: true }));
  try {
    for await (const entry of entries) {
      return readManifest(await manifestBytes(entry, refuse), file, archive.encrypted);
    }
  } catch (error) {
    if (error instanceof PerchError) throw error;
    throw damaged(file, "before its first entry", archive, error);
  }
  throw refuse("it is empty");
}

const refusalOf = (file: string) => (reason: string) =>
  new PerchError("validation", `The backup ${file} cannot be used: ${reason}.`);

function damaged(file: string, where: string, archive: OpenedArchive, error: unknown): PerchError {
  return new PerchError(
    "validation",
    `The backup ${file} is damaged or cut off ${where}, near byte ${archive.position()} of ` +
      `${archive.size}: ${messageOf(error).replace(/\.$/, "")}.`,
    { cause: error },
  );
}

async function unpack(
  archive: OpenedArchive,
  options: ReadOptions,
  reading: { entry: string },
): Promise<Manifest> {
  const { file, mostBytes } = options;
  const refuse = refusalOf(file);
  const limit = createLimit(MOST_BYTES_BEFORE_MANIFEST, refuse);
  const entries = archive.tar.pipeThrough(meter(limit))
    .pipeThrough(createTarDecoder({ strict: true }));
  let manifest: Manifest | null = null;
  let next = 0;
  const folders = new Set<string>();
  for await (const entry of entries) {
    const { name, size } = entry.header;
    reading.entry = name;
    options.signal.throwIfAborted();
    if (manifest === null) {
      const bytes = await manifestBytes(entry, refuse);
      manifest = readManifest(bytes, file, archive.encrypted);
      const total = unpackedBytes(manifest);
      if (total > mostBytes) {
        throw refuse(`its files have ${total} bytes, and ${mostBytes} are allowed`);
      }
      limit.most = mostTarBytes(manifest);
      continue;
    }
    const expected = manifest.files[next];
    const fault = entryFault(entry, manifest, next);
    if (fault !== null) throw refuse(fault);
    if (size !== expected.bytes) {
      throw refuse(
        `its entry ${show(name)} has ${size} bytes, and ${expected.bytes} in the manifest`,
      );
    }
    folders.add(dirname(name));
    const sha256 = await writeEntry(entry, options);
    if (sha256 !== expected.sha256) {
      throw refuse(`its entry ${show(name)} is not what was packed (another sha256)`);
    }
    next++;
    options.onShare(archive.position() / archive.size);
  }
  if (manifest === null) throw refuse("it is empty");
  limit.add(0);
  if (next < manifest.files.length) {
    throw refuse(`it ends before its entry ${show(manifest.files[next].path)}`);
  }
  if (options.durable) await syncFolders(options.into, folders);
  return manifest;
}

/** What is wrong with an entry where the manifest has its file number `next`; null: nothing. */
function entryFault({ header }: ParsedTarEntry, manifest: Manifest, next: number): string | null {
  const { name, type } = header;
  if (type !== "file") return `its entry ${show(name)} is a ${type}, and only files are allowed`;
  const fault = nameFault(name);
  if (fault !== null && name !== MANIFEST_NAME) return `its entry ${show(name)} ${fault}`;
  if (name === manifest.files[next]?.path) return null;
  const known = manifest.files.findIndex(({ path }) => path === name);
  if (known < 0 && name !== MANIFEST_NAME) {
    return `its entry ${show(name)} is not in the manifest`;
  }
  return known < next
    ? `its entry ${show(name)} is there twice`
    : `its entry ${show(name)} comes before ${show(manifest.files[next].path)}`;
}

async function manifestBytes(
  { header, body }: ParsedTarEntry,
  refuse: (reason: string) => PerchError,
): Promise<Uint8Array> {
  if (header.name !== MANIFEST_NAME || header.type !== "file") {
    throw refuse(`it begins with ${show(header.name)} instead of ${MANIFEST_NAME}`);
  }
  if (header.size > MOST_MANIFEST_BYTES) {
    throw refuse(
      `its manifest has ${header.size} bytes, and ${MOST_MANIFEST_BYTES} are allowed`,
    );
  }
  return new Uint8Array(
    await new Response(body as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer(),
  );
}

/** Gives the sha256 of what was written. */
async function writeEntry({ header, body }: ParsedTarEntry, options: ReadOptions): Promise<string> {
  const path = join(options.into, header.name);
  const action = `unpack ${show(header.name)} to ${options.into}`;
  const hash = createHash("sha256");
  await onDisk(action, () => Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 }));
  using file = await onDisk(
    action,
    () => Deno.open(path, { write: true, createNew: true, mode: 0o600 }),
  );
  const write = pacedWriter(file);
  for await (const chunk of body) {
    hash.update(chunk);
    await onDisk(action, () => write(chunk));
    giveBack(chunk);
    options.signal.throwIfAborted();
  }
  if (options.durable) await onDisk(action, () => file.sync());
  return hash.digest("hex");
}

async function syncFolders(into: string, folders: ReadonlySet<string>): Promise<void> {
  const all = new Set<string>([into]);
  for (const folder of folders) {
    for (let path = folder; path !== "."; path = dirname(path)) all.add(join(into, path));
  }
  for (const folder of all) await onDisk(`write ${folder}`, () => syncFolder(folder));
}

interface Limit {
  most: number;
  /** @throws PerchError when it is passed */
  add(bytes: number): void;
}

function createLimit(most: number, refuse: (reason: string) => PerchError): Limit {
  let sum = 0;
  return {
    most,
    add(bytes) {
      sum += bytes;
      if (sum <= this.most) return;
      throw refuse(`more comes out of it than its manifest names (over ${this.most} bytes)`);
    },
  };
}

/** What a bomb has beyond the limit is refused before it is looked at. */
function meter(limit: Limit): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    transform(chunk, controller) {
      limit.add(chunk.length);
      controller.enqueue(chunk);
    },
  });
}
