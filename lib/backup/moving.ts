import { dirname, join } from "node:path";
import { syncFolder } from "../base/durable_file.ts";
import { PerchError } from "../base/errors.ts";
import { belongToFolder } from "../base/owner.ts";

/**
 * Moves a file, or a folder with everything in it, to another place, which may be on another file system and may
 * be (or hold) the place where one is mounted. Called again after it was cut short, it goes on: what is at `from`
 * is whole and not moved yet, file by file; a file that is at both counts as not moved. Nothing at `from` is no
 * error. The file system is asked to keep it by `syncFolder` afterwards.
 * @throws PerchError `conflict` when a single file is mounted at `from`; what the file system says
 */
export async function moveTree(from: string, to: string): Promise<void> {
  const info = await lookAt(from);
  if (info === null) return;
  if (info.isDirectory) return await moveFolder(from, to);
  try {
    await Deno.rename(from, to);
  } catch (error) {
    if (isMounted(error)) throw mountedAlone(from);
    if (!isElsewhere(error)) throw error;
    await copyDurably(from, to);
    await Deno.remove(from).catch(async (second) => {
      if (!isMounted(second)) throw second;
      await Deno.remove(to);
      throw mountedAlone(from);
    });
  }
}

/** Such a file can be neither moved nor removed. */
const mountedAlone = (path: string) =>
  new PerchError(
    "conflict",
    `${path} is mounted as a single file, and another one cannot take its place: mount the folder that it is in ` +
      "instead, or restore into a new data directory (perch restore FILE --to DIR).",
  );

async function moveFolder(from: string, to: string): Promise<void> {
  if (await lookAt(to) === null) {
    try {
      return await Deno.rename(from, to);
    } catch (error) {
      if (!isElsewhere(error)) throw error;
    }
    await Deno.mkdir(to, { mode: 0o700 });
    await belongToFolder(to);
    await syncFolder(dirname(to));
  }
  for (const { name } of await Array.fromAsync(Deno.readDir(from))) {
    await moveTree(join(from, name), join(to, name));
  }
  await syncFolder(to);
  // A folder that another file system is mounted on stays, empty.
  await Deno.remove(from).catch((error) => {
    if (!isElsewhere(error)) throw error;
  });
}

/** A copy that is on the disk whole, or not there. */
export async function copyDurably(from: string, to: string): Promise<void> {
  const partial = `${to}.partial`;
  try {
    await Deno.copyFile(from, partial);
    await belongToFolder(partial);
    using file = await Deno.open(partial, { read: true, write: true });
    await file.sync();
    await Deno.rename(partial, to);
  } catch (error) {
    await Deno.remove(partial).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(to));
}

/** Null: there is nothing. */
export async function lookAt(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

/** Removes a folder in which there are only folders; what holds a file stays. */
export async function removeEmpty(folder: string): Promise<void> {
  if ((await lookAt(folder))?.isDirectory !== true) return;
  for (const { name } of await Array.fromAsync(Deno.readDir(folder))) {
    await removeEmpty(join(folder, name));
  }
  await Deno.remove(folder).catch(() => {});
}

/** Another file system is in the way: EXDEV, or EBUSY where one is mounted. */
function isElsewhere(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return isMounted(error) || code === "EXDEV" || /os error 18\b/.test(String(error));
}

function isMounted(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "EBUSY" || /os error 16\b/.test(String(error));
}
