import { join } from "node:path";
import { HOUR_MS } from "../../words/times.ts";

/** Looked at in one go, at most. */
const MOST_FILES = 2_000;

/**
 * Removes files that writes left behind which were interrupted: names that end in `.tmp`, older than an hour, directly in one of the
 * folders. Gives the bytes.
 */
export async function removeLeftovers(folders: readonly string[], nowMs: number): Promise<number> {
  let bytes = 0;
  let looked = 0;
  for (const folder of folders) {
    try {
      for await (const { name, isFile } of Deno.readDir(folder)) {
        if (++looked > MOST_FILES) return bytes;
        if (!isFile || !name.endsWith(".tmp")) continue;
        const path = join(folder, name);
        const { mtime, size } = await Deno.stat(path);
        if (mtime === null || nowMs - mtime.getTime() < HOUR_MS) continue;
        await Deno.remove(path);
        bytes += size;
      }
    } catch {
      // Not there, or gone meanwhile.
    }
  }
  return bytes;
}
