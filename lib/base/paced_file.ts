import { writeAll } from "./write_all.ts";

/**
 * Much that is written at once keeps every other fsync of the disk waiting, and with it the commits of readings: four
 * megabytes take an SD card half a second. So large files are brought to the disk bit by bit, and a bit is what the
 * disk takes in a moment.
 */
const LEAST_BYTES = 256 * 1024;
const MOST_BYTES = 4 * 1024 * 1024;
/** What a commit may wait longer: half of the time that it waits for others to share it. */
const AIM_MS = 25;

/** Bytes of the next bit, after one of so many took the disk so long. */
export function nextBit(bytes: number, tookMs: number): number {
  if (tookMs > 2 * AIM_MS) return Math.max(LEAST_BYTES, bytes / 2);
  return tookMs < AIM_MS / 2 ? Math.min(MOST_BYTES, bytes * 2) : bytes;
}

/** Writes all it is given to the file, and waits for the disk after every bit. */
export function pacedWriter(file: Deno.FsFile): (bytes: Uint8Array) => Promise<void> {
  let unsynced = 0;
  let bit = LEAST_BYTES;
  return async (bytes) => {
    await writeAll(file, bytes);
    if ((unsynced += bytes.length) < bit) return;
    const begunMs = performance.now();
    await file.syncData();
    bit = nextBit(bit, performance.now() - begunMs);
    unsynced = 0;
  };
}
