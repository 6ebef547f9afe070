import { createBackupWorker } from "../backup/client.ts";
import { restore } from "../backup/restore.ts";
import type { Config } from "../base/config.ts";
import { restorePlace } from "./restoring.ts";
import type { Restore } from "./safe_mode.ts";
import { archivePath } from "./way_out.ts";

/** Restores one of the plant's own backups while nothing is open and the caller holds the lock. */
export function restorer(config: Config): Restore {
  return async (file, onProgress) => {
    const worker = createBackupWorker();
    try {
      await restore(
        {
          ...restorePlace(config),
          file: archivePath(config.dataDir, { file }),
          identity: null,
          site: null,
          nowMs: Date.now(),
          by: "safe mode",
          live: null,
        },
        { unpack: worker.unpack },
        onProgress,
      );
    } finally {
      await worker.end();
    }
  };
}
