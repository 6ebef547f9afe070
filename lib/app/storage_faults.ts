import { join } from "node:path";
import { messageOf, PerchError } from "../base/errors.ts";
import { writeFault } from "../base/file_bytes.ts";
import { isNoRoom } from "../base/reserve_file.ts";

/** A start that failed for lack of room, in a sentence; any other error as it is. */
export function startFault(error: unknown, dataDir: string): unknown {
  if (!isNoRoom(error)) return error;
  const sentence = `The disk of ${dataDir} is full, and Perch cannot start there ` +
    `(${messageOf(error)}). Make room and start again; what is stored is untouched.`;
  const refusal = { kind: "full", what: sentence } as const;
  return new PerchError("not_started", sentence, { cause: error, refusal });
}

/** Whether a write failed because of the disk or the server, and not of what was written. */
export function isStorageFault(error: unknown): error is PerchError {
  return error instanceof PerchError &&
    (error.code === "storage_full" || error.code === "storage_failed");
}

/** There was no room for a write. */
export const isFull = (error: unknown) =>
  error instanceof PerchError && error.code === "storage_full";

/** What the system says when something is written into the folder; null: that works. */
export function folderFault(folder: string): string | null {
  const fault = writeFault(join(folder, "write.probe"), 4096);
  return fault === null ? null : messageOf(fault);
}
