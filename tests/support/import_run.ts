/** Imports a file with a database of its own, as a job does it. */
import { systemClock } from "../../lib/base/clock.ts";
import { silentLog } from "../../lib/base/log.ts";
import { openStorage, type Storage } from "../../lib/app/storage.ts";
import type { Job } from "../../lib/jobs/job.ts";
import { createRegistry } from "../../lib/machines/registry.ts";
import { loadRegistry } from "../../lib/machines/store.ts";
import { createImportSensors } from "../../lib/transfer/import/import_sensors.ts";
import type { ImportStore } from "../../lib/readings/importing.ts";
import type { ImportOrder, ImportResult } from "../../lib/transfer/import/imports.ts";
import { createImportWorker } from "../../lib/transfer/import/run_import.ts";

export interface ImportPlace {
  storage: Storage;
  /** `onBlock` is asked before each block. */
  run(
    file: string,
    options?: { id?: string; onBlock?: () => Promise<void> } & Partial<ImportOrder>,
  ): Promise<ImportResult>;
  close(): Promise<void>;
}

/** `through`: what readings go through on their way to the store. */
export async function openImportPlace(
  folder: string,
  through: (storage: Storage) => ImportStore = ({ readings }) => readings,
): Promise<ImportPlace> {
  const storage = await openStorage({
    url: `file:${folder}/perch.db`,
    log: silentLog(),
  });
  const readings = through(storage);
  const rows = { ...await loadRegistry(storage.db), last: [] };
  const registry = createRegistry({ clock: systemClock(), rows });
  return {
    storage,
    async run(file, { id = "import", onBlock, ...order } = {}) {
      const worker = createImportWorker({
        db: storage.db,
        readings,
        sensors: createImportSensors({ db: storage.db, registry }),
        scratchFolder: `${folder}/counting`,
        async idle() {
          await onBlock?.();
          return null;
        },
        monotonicMs: () => performance.now(),
      });
      const options: ImportOrder = {
        ...{ file, name: "dump.lp", format: "influx-line", options: { precision: "ns" } },
        ...{ mapping: [], others: "suggested", dry_run: false, ...order },
      };
      const job: Job = {
        ...{ id, kind: "import", title: "", options, state: "running", progress: null },
        ...{ result: null, file: null, error: null, by: "test" },
        ...{ createdMs: Date.now(), startedMs: null, finishedMs: null },
      };
      return await worker.run({
        job,
        signal: new AbortController().signal,
        progress: () => {},
        file: () => Promise.reject(new Error("an import has no file")),
      }) as ImportResult;
    },
    close: () => storage.close(),
  };
}
