/**
 * Much that is written at once keeps every other fsync of the disk waiting, and with it the commits of readings. So
 * large files are brought to the disk bit by bit.
 */
const SYNC_BYTES = 4 * 1024 * 1024;

/** Writes all it is given to the file, and waits for the disk after every four megabytes. */
export function pacedWriter(file: Deno.FsFile): (bytes: Uint8Array) => Promise<void> {
  let unsynced = 0;
  return async (bytes) => {
    for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
    if ((unsynced += bytes.length) < SYNC_BYTES) return;
    await file.syncData();
    unsynced = 0;
  };
}
