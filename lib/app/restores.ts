import type { Backups } from "../backup/backups.ts";
import { createBackupWorker } from "../backup/client.ts";
import { createRestores, type Restarting, type Restores } from "../backup/restores.ts";
import type { Foundation } from "./foundation.ts";
import { restorePlace } from "./restoring.ts";

/** Restores of this plant's backups while it runs. */
export function createRestoreParts(
  { config, clock, storage, ending }: Foundation,
  backups: Pick<Backups, "find">,
  restarting: Restarting | null,
): { restores: Restores } {
  const worker = createBackupWorker();
  ending(() => worker.end());
  return {
    restores: createRestores({
      place: () => restorePlace(config),
      unpack: worker.unpack,
      query: (statement) => storage.db.query(statement),
      find: (file) => backups.find(file),
      nowMs: () => clock.now(),
      handOver: restarting?.handOver ?? null,
      failure: restarting?.failure ?? null,
    }),
  };
}
