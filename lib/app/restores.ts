import type { Backups } from "../backup/backups.ts";
import { createBackupWorker } from "../backup/client.ts";
import {
  createRestores,
  type FoundArchive,
  type Restarting,
  type Restores,
} from "../backup/restores.ts";
import { createUploads, type Uploads, uploadsFolder } from "../backup/uploads.ts";
import type { Task } from "../base/supervisor.ts";
import { isUploadId } from "../uploads/folder.ts";
import { sweepTask } from "../uploads/sweep.ts";
import { roomNow } from "./backup.ts";
import type { Foundation } from "./foundation.ts";
import { restorePlace } from "./restoring.ts";

export interface RestoreParts {
  restores: Restores;
  uploads: Uploads;
  uploadsTask: Task;
}

/** Restores of this plant while it runs, of its own backups and of archives that are uploaded. */
export function createRestoreParts(
  foundation: Foundation,
  backups: Pick<Backups, "find">,
  restarting: Restarting | null,
): RestoreParts {
  const { config, clock, storage, ending } = foundation;
  const worker = createBackupWorker();
  ending(() => worker.end());
  const uploads = createUploads({
    folder: uploadsFolder(config.dataDir),
    nowMs: () => clock.now(),
    deletionMs: clock.deletionMs,
    room: () => roomNow(foundation),
  });
  return {
    uploads,
    uploadsTask: sweepTask("uploads", uploads, foundation),
    restores: createRestores({
      place: () => restorePlace(config),
      unpack: worker.unpack,
      query: (statement) => storage.db.query(statement),
      find: (file) => isUploadId(file) ? findUpload(uploads, file) : findBackup(backups, file),
      nowMs: () => clock.now(),
      handOver: restarting?.handOver ?? null,
      failure: restarting?.failure ?? null,
    }),
  };
}

async function findBackup(backups: Pick<Backups, "find">, file: string): Promise<FoundArchive> {
  const { path, receipt: { encrypted, manifest } } = await backups.find(file);
  return { path, encrypted, site: manifest.site.name, remove: null };
}

async function findUpload(uploads: Uploads, id: string): Promise<FoundArchive> {
  const { path, whole: { encrypted, plant } } = await uploads.archive(id);
  return { path, encrypted, site: plant?.name ?? null, remove: () => uploads.remove(id) };
}
