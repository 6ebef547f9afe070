/** A folder on the disk that is measured, which is gone afterwards however the command ends. */
import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PerchError } from "../../base/errors.ts";

const PREFIX = ".bench-";
/** What it takes at most, twice. */
export const ROOM_BYTES = 500_000_000;

/** The folder that is there: the data directory, or before a first start the closest one above it. */
export async function placeOf(given: string | undefined, dataDir: string): Promise<string> {
  if (given !== undefined) {
    if (await isFolder(given)) return given;
    throw wrongDir(`--dir is "${given}": give a folder that is there`);
  }
  let place = dataDir;
  while (!await isFolder(place) && dirname(place) !== place) place = dirname(place);
  return place;
}

/**
 * Runs `use` with a new folder below `dir`, and removes it, also where SIGINT or SIGTERM comes: `signal` says so, and
 * `use` is to end soon then. What a run that was killed left goes too.
 * @throws PerchError `validation` where nothing can be written, `storage_full` without room
 */
export async function withScratch<T>(
  dir: string,
  use: (folder: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  await removeLeft(dir);
  const { bavail, bsize } = await statfs(dir);
  if (bavail * bsize < ROOM_BYTES) {
    throw new PerchError(
      "storage_full",
      `a measurement needs ${ROOM_BYTES / 1e6} MB of room in ${dir}, and ` +
        `${Math.floor(bavail * bsize / 1e6)} MB are free: name a folder on another disk with --dir`,
    );
  }
  const folder = join(dir, `${PREFIX}${Deno.pid}-${crypto.randomUUID()}`);
  const stopping = new AbortController();
  const stop = () => stopping.abort(new Stopped());
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  try {
    await Deno.mkdir(folder, { mode: 0o700 }).catch((error) => {
      throw wrongDir(`nothing can be written to ${dir} (${error.message}): give another --dir`);
    });
    return await use(folder, stopping.signal);
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    Deno.removeSignalListener("SIGINT", stop);
    Deno.removeSignalListener("SIGTERM", stop);
  }
}

/** Somebody ended the command. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** Folders of processes that are not there any more. */
async function removeLeft(dir: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    const pid = isDirectory ? new RegExp(`^\\${PREFIX}(\\d+)-`).exec(name)?.[1] : undefined;
    if (pid === undefined || await isFolder(`/proc/${pid}`)) continue;
    await Deno.remove(join(dir, name), { recursive: true });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

function wrongDir(message: string): PerchError {
  return new PerchError("validation", message, { errors: [{ path: "dir", message }] });
}
