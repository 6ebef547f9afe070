import { syncFolder } from "../base/durable_file.ts";
import { PerchError } from "../base/errors.ts";
import { hashFile } from "../base/file_bytes.ts";
import { onDisk } from "./disk.ts";
import { type FoundUpload, partialPath, wholePath, writeRecord } from "./upload_folder.ts";

/**
 * Holds an upload of which all bytes are on the disk against what its sender declared, looks how it begins, and gives
 * it its name. @param sha256 of what came; null: it is read again for it
 * @throws PerchError `validation`, `conflict` (a newer Perch wrote it), `storage_full`, `storage_failed`
 */
export async function finishUpload(
  folder: string,
  { id, record, received }: FoundUpload,
  sha256: string | null,
): Promise<void> {
  const partial = partialPath(folder, id);
  if (record.sha256 !== null && record.sha256 !== (sha256 ?? (await hashFile(partial)).sha256)) {
    throw refuseUpload("sha256", "what came is not what was declared: send it again");
  }
  const plant = await plantIn(partial, record.name);
  await onDisk(`keep the upload ${id}`, async () => {
    const whole = { encrypted: plant === null, plant };
    await writeRecord(folder, id, { ...record, bytes: received, whole });
    await Deno.rename(partial, wholePath(folder, id));
    await syncFolder(folder);
  });
}

/** What does not agree with what was declared. */
export function refuseUpload(path: string, message: string): PerchError {
  return new PerchError("validation", message, { errors: [{ path, message }] });
}

/** Null: it is encrypted. Errors have the name that its sender knows, instead of where it lies. */
async function plantIn(path: string, name: string) {
  // What reads archives (tar, age) takes some megabytes of memory: only once one came.
  const { archiveKind } = await import("./open_archive.ts");
  const { manifestIn } = await import("./read_archive.ts");
  try {
    if (await archiveKind(path) === "encrypted") return null;
    const { site, created_ms } = await manifestIn(path, null);
    return { name: site.name, createdMs: created_ms };
  } catch (error) {
    if (!(error instanceof PerchError)) throw error;
    const { code, errors } = error;
    throw new PerchError(code, error.message.replaceAll(path, name), { errors, cause: error });
  }
}
