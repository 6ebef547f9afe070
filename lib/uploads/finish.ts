import { onDisk } from "../base/disk.ts";
import { syncFolder } from "../base/durable_file.ts";
import { PerchError } from "../base/errors.ts";
import { hashFile } from "../base/file_bytes.ts";
import { type FoundUpload, partialPath, wholePath, writeRecord } from "./folder.ts";

/**
 * Holds an upload of which all bytes are on the disk against what its sender declared, has a look at it, and gives
 * it its name. @param sha256 of what came; null: it is read again for it
 * @throws PerchError `validation`, whatever `look` throws, `storage_full`, `storage_failed`
 */
export async function finishUpload<Content>(
  folder: string,
  { id, record, received }: FoundUpload<Content>,
  sha256: string | null,
  look: (path: string) => Promise<Content>,
): Promise<void> {
  const partial = partialPath(folder, id);
  if (record.sha256 !== null && record.sha256 !== (sha256 ?? (await hashFile(partial)).sha256)) {
    throw refuseUpload("sha256", "what came is not what was declared: send it again");
  }
  const whole = await namedAs(record.name, partial, look);
  await onDisk(`keep the upload ${id}`, async () => {
    await writeRecord(folder, id, { ...record, bytes: received, whole });
    await Deno.rename(partial, wholePath(folder, id));
    await syncFolder(folder);
  });
}

/** What does not agree with what was declared. */
export function refuseUpload(path: string, message: string): PerchError {
  return new PerchError("validation", message, { errors: [{ path, message }] });
}

/** Errors have the name that its sender knows, instead of where it lies. */
async function namedAs<T>(
  name: string,
  path: string,
  look: (path: string) => Promise<T>,
): Promise<T> {
  try {
    return await look(path);
  } catch (error) {
    if (!(error instanceof PerchError)) throw error;
    const { code, errors } = error;
    throw new PerchError(code, error.message.replaceAll(path, name), { errors, cause: error });
  }
}
