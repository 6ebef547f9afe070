import { messageOf, PerchError } from "./errors.ts";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What the disk answered while doing `action`, in words for people: `storage_full` or `storage_failed`. */
export function diskError(error: unknown, action: string): unknown {
  if (error instanceof PerchError || isAbort(error)) return error;
  const full = FULL.has(String((error as { code?: unknown }).code));
  const advice = full ? " Make room on the disk, or remove old backups, and try again." : "";
  return new PerchError(
    full ? "storage_full" : "storage_failed",
    `could not ${action}: ${messageOf(error)}.${advice}`,
    { cause: error },
  );
}

/** The work was called off. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** Runs something that writes or reads the disk. @throws PerchError `storage_full`, `storage_failed` */
export async function onDisk<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskError(error, action);
  }
}
