import { join } from "node:path";
import { PerchError } from "../base/errors.ts";
import { checkDatabase, contentsFault } from "./check.ts";
import { syncFolder } from "../base/durable_file.ts";
import { onDisk } from "../base/disk.ts";
import { DATABASE_NAME } from "./manifest.ts";
import { type ReadArchive, readArchive, type ReadOptions } from "./read_archive.ts";

/** Share of the work that the reading is; the rest is the check of the database. */
const READING = 0.7;

/**
 * Unpacks an archive and checks all of it: files against the manifest, the database by SQLite itself and by
 * counting. The target then holds what a data directory holds; the database is not migrated.
 * @throws PerchError `validation`, `conflict`, `storage_full`, `storage_failed`; the target is then to be removed
 */
export async function unpackArchive(
  options: ReadOptions & { migrationsFolder: string },
): Promise<ReadArchive> {
  const { into, signal, onShare } = options;
  const read = await readArchive({ ...options, onShare: (share) => onShare(share * READING) });
  signal.throwIfAborted();
  const fault = contentsFault(
    await checkDatabase(into, options.migrationsFolder),
    read.manifest,
  );
  if (fault !== null) {
    throw new PerchError(
      "validation",
      `The backup ${options.file} cannot be used: ${DATABASE_NAME} is not what was packed, ${fault}.`,
    );
  }
  if (options.durable) {
    const path = join(into, DATABASE_NAME);
    await onDisk(`write ${path}`, async () => {
      using file = await Deno.open(path, { write: true });
      await file.sync();
      await syncFolder(into);
    });
  }
  onShare(1);
  return read;
}
