import { dirname, join } from "node:path";
import { TEMPORARY } from "../base/durable_file.ts";
import { PerchError } from "../base/errors.ts";
import { hashFile } from "../base/file_bytes.ts";
import { nameFault } from "./entries.ts";
import { FOLDERS, KEY_FILES, type Manifest } from "./manifest.ts";

/** Files below it are never changed, only removed: a second name holds them as they are. */
const UNCHANGED = "files/";
/** Links to folders are followed; one that leads back to itself ends here. */
const MOST_DEPTH = 16;

/**
 * Holds the plant's files beside the database in `into`, so that nobody removes or changes them while they are
 * packed. Called again it adds what has come since.
 */
export async function gather(dataDir: string, into: string, withKeys: boolean): Promise<void> {
  for (const folder of FOLDERS) await gatherFolder(dataDir, folder, into, MOST_DEPTH);
  if (!withKeys) return;
  for (const file of KEY_FILES) await hold(join(dataDir, file), file, into);
}

async function gatherFolder(
  dataDir: string,
  folder: string,
  into: string,
  depth: number,
): Promise<void> {
  for (const { name } of await entriesOf(join(dataDir, folder))) {
    if (TEMPORARY.test(name)) continue;
    const path = `${folder}/${name}`;
    const info = await unlessMissing(Deno.stat(join(dataDir, path)));
    if (info?.isDirectory && depth > 0) await gatherFolder(dataDir, path, into, depth - 1);
    if (info?.isFile) await hold(join(dataDir, path), path, into);
  }
}

/** By a second name, or as a copy where files are changed in place or the file system has no second names. */
async function hold(from: string, path: string, into: string): Promise<void> {
  const fault = nameFault(path);
  if (fault !== null) {
    throw new PerchError("validation", `${from} ${fault} and cannot be backed up: rename it`);
  }
  const to = join(into, path);
  if (await unlessMissing(Deno.stat(to)) !== null) return;
  await Deno.mkdir(dirname(to), { recursive: true, mode: 0o700 });
  if (path.startsWith(UNCHANGED)) {
    try {
      return await Deno.link(from, to);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
    }
  }
  await unlessMissing(Deno.copyFile(from, to));
}

/** Bytes and sha256 of files of the folder, in the order of the paths. */
export async function describeFiles(
  folder: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Manifest["files"]> {
  const files: Manifest["files"] = [];
  for (const path of paths) {
    const { bytes, sha256 } = await hashFile(join(folder, path), signal);
    files.push({ path, bytes, sha256 });
  }
  return files;
}

/** Paths of all files below the folder, sorted. */
export async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await entriesOf(join(folder, prefix))) {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory) found.push(...await filesBelow(folder, path));
    else found.push(path);
  }
  return found.sort();
}

async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  return await unlessMissing(Array.fromAsync(Deno.readDir(folder))) ?? [];
}

async function unlessMissing<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
