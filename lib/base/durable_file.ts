import { dirname, join } from "node:path";
import { writeAll } from "./write_all.ts";
import { belongToFolder } from "./owner.ts";

const OWNER_ONLY = 0o600;

/** Names of files that `writeDurably` had not named yet; one that a kill left is of no use. */
export const TEMPORARY = /^\..*\.tmp$/;

/**
 * Writes a file so that after a crash or a power cut it is there whole, or as it was before: temporary file in
 * the same folder (`.<uuid>.tmp`), fsync, rename, fsync of the folder. Replaces what was there; only its
 * owner may read it (0600). Resolves when it is on the disk.
 */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${crypto.randomUUID()}.tmp`);
  try {
    const file = await Deno.open(temporary, { write: true, createNew: true, mode: OWNER_ONLY });
    try {
      await writeAll(file, bytes);
      await file.sync();
    } finally {
      file.close();
    }
    await belongToFolder(temporary);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
  await syncFolder(folder);
}

/** Removes a file for good; one that is not there is no error. */
export async function removeDurably(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Makes the folder (0700) and those above it, and sees to it that they are still there after a power cut. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    if ((await Deno.stat(folder)).isDirectory) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    await makeFolder(dirname(folder));
  }
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  await belongToFolder(folder);
  await syncFolder(dirname(folder));
}

/** What is in the folder is still there after a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  using handle = await Deno.open(folder, { read: true });
  await handle.sync();
}
