import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { basename, dirname, join } from "node:path";
import { PerchError } from "../base/errors.ts";
import { copyDatabase } from "../db/copy.ts";
import { contentsOf } from "./check.ts";
import { makeFolder, syncFolder } from "../base/durable_file.ts";
import { belongToFolder } from "../base/owner.ts";
import { onDisk } from "../base/disk.ts";
import { unpackedBytes } from "./entries.ts";
import { receiptPath, removeLeftovers, workPlaces, writeReceipt } from "./folder.ts";
import { describeFiles, filesBelow, gather } from "./gather.ts";
import { DATABASE_NAME, FORMAT, type Manifest } from "./manifest.ts";
import type { MadeBackup, MakeRequest, Progress } from "./types.ts";
import { unpackArchive } from "./unpack.ts";
import { encrypterFor, writeArchive } from "./write_archive.ts";

/** Where each stage begins, of the whole. */
const PACKING = 0.3;
const CHECKING = 0.65;

export interface MakeOptions {
  request: MakeRequest;
  migrationsFolder: string;
  signal: AbortSignal;
  onProgress(progress: Progress): void;
}

/**
 * Makes an archive and checks it by unpacking it beside its target; only then it gets its name, and its receipt a
 * moment before. Whatever goes wrong: nothing is left behind. What runs before this one left is removed first.
 * @throws PerchError `storage_full`, `storage_failed`, `validation`, `conflict`
 */
export async function makeBackup(options: MakeOptions): Promise<MadeBackup> {
  const { target } = options.request;
  const folder = dirname(target);
  if (options.request.recipient !== null) encrypterFor([options.request.recipient]);
  const { partial, scratch } = workPlaces(target);
  await onDisk(`use the folder of the backups ${folder}`, async () => {
    await makeFolder(folder);
    await removeLeftovers(folder);
  });
  try {
    await refuseExisting(target);
    return await onDisk(`make the backup ${target}`, () => make(options, partial, scratch));
  } catch (error) {
    await Deno.remove(partial).catch(() => {});
    throw error;
  } finally {
    await Deno.remove(scratch, { recursive: true }).catch(() => {});
  }
}

async function make(options: MakeOptions, partial: string, scratch: string): Promise<MadeBackup> {
  const { request, migrationsFolder, signal, onProgress } = options;
  const { target, recipient } = request;
  const startedMs = performance.now();
  const plant = join(scratch, "plant");
  const manifest = await copyPlant(options, plant);
  // Nobody here has the owner's private key: the very file is checked with one that is forgotten.
  const identity = recipient === null ? null : await generateX25519Identity();
  await writeArchive({
    path: partial,
    manifest,
    folder: plant,
    recipients: identity === null ? [] : [recipient!, await identityToRecipient(identity)],
    signal,
    onShare: (share) =>
      onProgress({ stage: "packing", share: PACKING + share * (CHECKING - PACKING) }),
  });
  // Makes room for what is unpacked now.
  await Deno.remove(plant, { recursive: true });
  const into = join(scratch, "unpacked");
  await Deno.mkdir(into, { mode: 0o700 });
  const { bytes, sha256 } = await unpackArchive({
    file: partial,
    identity,
    into,
    mostBytes: unpackedBytes(manifest),
    durable: false,
    migrationsFolder,
    signal,
    onShare: (share) => onProgress({ stage: "checking", share: CHECKING + share * (1 - CHECKING) }),
  }).catch(unusable);
  const verifiedMs = request.nowMs + Math.round(performance.now() - startedMs);
  const made: MadeBackup = { manifest, bytes, sha256, verifiedMs };
  await writeReceipt(target, { ...made, file: basename(target), encrypted: recipient !== null });
  await belongToFolder(partial);
  await Deno.rename(partial, target);
  await syncFolder(dirname(target));
  return made;
}

/** Everything that goes into the archive, as it is now, in a folder of its own. */
async function copyPlant(options: MakeOptions, plant: string): Promise<Manifest> {
  const { request, migrationsFolder, signal, onProgress } = options;
  const { database, dataDir, recipient } = request;
  await Deno.mkdir(plant, { recursive: true, mode: 0o700 });
  const withKeys = recipient !== null;
  // Before: what is removed meanwhile may be named by a row of the copy. After: what came meanwhile as well.
  await gather(dataDir, plant, withKeys);
  const sha256 = await copyDatabase({
    from: database,
    to: join(plant, DATABASE_NAME),
    walMostBytes: request.walMostBytes,
    signal,
    onShare: (share) => onProgress({ stage: "copying", share: share * PACKING }),
  });
  await gather(dataDir, plant, withKeys);
  const { size } = await Deno.stat(join(plant, DATABASE_NAME));
  const contents = await contentsOf(plant, migrationsFolder);
  const others = (await filesBelow(plant)).filter((path) => path !== DATABASE_NAME);
  return {
    format: FORMAT,
    perch: request.perch,
    created_ms: request.nowMs,
    sequence: request.sequence,
    reason: request.reason,
    site: request.site,
    files: [
      { path: DATABASE_NAME, bytes: size, sha256 },
      ...await describeFiles(plant, others, signal),
    ],
    ...contents,
    environment: request.environment,
  };
}

async function refuseExisting(target: string): Promise<void> {
  for (const path of [target, receiptPath(target)]) {
    const there = await Deno.lstat(path).then(() => true, () => false);
    if (there) {
      throw new PerchError("conflict", `${path} is there already, and no backup is replaced.`);
    }
  }
}

/** What was packed a moment ago is at fault, and nobody's input. */
function unusable(error: unknown): never {
  if (!(error instanceof PerchError) || error.code !== "validation") throw error;
  throw new PerchError(
    "storage_failed",
    `A backup was made and could not be restored, so that it does not count. ${error.message}`,
    { cause: error },
  );
}
