/**
 * DESIGN. A file that only takes up room, so that there is some to give back when the disk is full. It is
 * written in full (a sparse file would promise room that is not there, and a file of zeros takes up none where
 * the file system compresses) and belongs to nobody: whoever needs its room removes it.
 */
import { join } from "node:path";
import { messageOf, PerchError } from "./errors.ts";

export const RESERVE_NAME = "reserve";
const HALF_MADE = "reserve.tmp";
const BLOCK_BYTES = 64 * 1024;

/** Whether it is for lack of room that something could not be written: the disk is full, or a quota. */
export function isNoRoom(error: unknown): boolean {
  if (error instanceof PerchError && error.code === "storage_full") return true;
  return /os error (28|122)\b/.test(messageOf(error));
}

export interface ReserveFile {
  /** Bytes that it holds on the disk; 0 when it is not there. */
  held(): number;
  /** Makes it, `bytes` long, and waits for the disk. @throws what the file system says; nothing is left then */
  make(bytes: number): Promise<void>;
  /** Removes it; false when there was none. Fast, and needs no room. */
  free(): boolean;
}

/** The reserve in `folder`. What an interrupted `make` left is removed. */
export function createReserveFile(folder: string): ReserveFile {
  const path = join(folder, RESERVE_NAME);
  const temporary = join(folder, HALF_MADE);
  removeIfThere(temporary);
  let bytes = sizeOnDisk(path);
  return {
    held: () => bytes,
    async make(wanted) {
      removeIfThere(path);
      bytes = 0;
      try {
        const file = await Deno.open(temporary, { write: true, create: true, mode: 0o600 });
        try {
          const block = crypto.getRandomValues(new Uint8Array(BLOCK_BYTES));
          for (let done = 0; done < wanted;) {
            done += await file.write(block.subarray(0, Math.min(BLOCK_BYTES, wanted - done)));
          }
          await file.sync();
        } finally {
          file.close();
        }
        await Deno.rename(temporary, path);
      } catch (error) {
        removeIfThere(temporary);
        throw error;
      }
      bytes = wanted;
    },
    free() {
      bytes = 0;
      return removeIfThere(path);
    },
  };
}

function removeIfThere(path: string): boolean {
  try {
    Deno.removeSync(path);
    return true;
  } catch {
    // Not there; or a disk that is read-only, where its room would help nobody.
    return false;
  }
}

function sizeOnDisk(path: string): number {
  try {
    const { size, blocks, isFile } = Deno.lstatSync(path);
    return isFile ? Math.min(size, (blocks ?? 0) * 512) : 0;
  } catch {
    return 0;
  }
}
