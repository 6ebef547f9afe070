import type { Job } from "../jobs/job.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { createImportFiles, type ImportFiles } from "../transfer/import/files.ts";
import type { Task } from "../base/supervisor.ts";
import { sweepTask } from "../uploads/sweep.ts";
import { roomNow } from "./backup.ts";
import type { Foundation } from "./foundation.ts";

export interface ImportFileParts {
  importFiles: ImportFiles;
  importUploadsTask: Task;
}

const OPEN = ["waiting", "running"] as const;
const OPEN_MOST = 100;

/** Files that imports read: those that an import needs stay, one that was imported whole goes. */
export function createImportFileParts(
  foundation: Foundation,
  jobs: Pick<Jobs, "list" | "onEnd">,
): ImportFileParts {
  const { config, clock, log } = foundation;
  const importFiles = createImportFiles({
    dataDir: config.dataDir,
    nowMs: () => clock.now(),
    deletionMs: clock.deletionMs,
    room: () => roomNow(foundation),
    async inUse() {
      const pages = await Promise.all(
        OPEN.map((state) => jobs.list("import", { state, limit: OPEN_MOST })),
      );
      const used = pages.flatMap(({ items }) => items.map(uploadOf));
      return new Set(used.filter((id) => id !== null));
    },
  });
  const uploadOf = ({ options }: Job) => importFiles.uploadAt(String(options.file));

  jobs.onEnd((job) => {
    const isWhole = job.kind === "import" && job.state === "done" && job.options.dry_run === false;
    const id = isWhole ? uploadOf(job) : null;
    if (id === null) return;
    importFiles.uploads.remove(id)
      .catch((error) => log.warn("an imported file stays", { id, error }));
  });
  return {
    importFiles,
    importUploadsTask: sweepTask("import uploads", importFiles.uploads, foundation),
  };
}
