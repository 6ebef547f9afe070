import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import type { Intake } from "../intake/intake.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Registry } from "../machines/registry.ts";
import { IMPORT_FOLDER } from "../transfer/import/files.ts";
import { createImportSensors } from "../transfer/import/import_sensors.ts";
import type { Imports } from "../transfer/import/imports.ts";
import type { ImportDeps } from "../transfer/import/run_import.ts";
import { createImports } from "../transfer/import/order_import.ts";
import type { Foundation } from "./foundation.ts";

/** What comes in from elsewhere. */
export interface TransferParts {
  imports: Imports;
}

type TransferNeeds = Pick<Foundation, "storage" | "clock" | "config" | "checkpoints">;

/** Imports: ordered as jobs; what does them is loaded with the first. */
export function createTransferParts(
  { storage, clock, config, checkpoints }: TransferNeeds,
  { jobs, registry, intake }: { jobs: Jobs; registry: Registry; intake: Pick<Intake, "stats"> },
): TransferParts {
  const sensors = createImportSensors({ db: storage.db, registry });
  jobs.register("import", async () => {
    const { createImportWorker } = await import("../transfer/import/run_import.ts");
    return createImportWorker({
      db: storage.db,
      readings: storage.readings,
      sensors,
      scratchFolder: join(config.dataDir, IMPORT_FOLDER, "counting"),
      idle: createIdle({ clock, intake, isCopying: checkpoints.paused }),
      monotonicMs: () => clock.monotonic(),
    });
  });
  return { imports: createImports({ orders: jobs, sensors }) };
}

/** A host with one core has pages and devices to answer too, and would find itself in need. */
const ONE_CORE = navigator.hardwareConcurrency === 1;
const WAIT_MOST_MS = 250;
const REST_MOST_MS = 100;
const LOOK_EVERY_MS = 5;
const COPY_LOOK_MS = 1_000;

/**
 * Holds back what is less urgent than readings that arrive: while some do, at least every other moment is theirs, and
 * a group that waits for its commit goes first. A database that is being copied is not written faster than that.
 */
function createIdle(
  { clock, intake, isCopying }: {
    clock: Clock;
    intake: Pick<Intake, "stats">;
    isCopying: () => boolean;
  },
): ImportDeps["idle"] {
  let sinceMs = clock.monotonic();
  return async (signal) => {
    if (isCopying()) {
      await clock.sleep(COPY_LOOK_MS, signal).catch(() => {});
      if (isCopying()) return "Waiting while the database is copied for a backup";
    }
    const tookMs = clock.monotonic() - sinceMs;
    const { ratePerS, queued, groups } = intake.stats();
    if (ratePerS > 0 || queued > 0 || ONE_CORE) {
      await clock.sleep(Math.min(REST_MOST_MS, Math.max(LOOK_EVERY_MS, tookMs)));
      const untilMs = clock.monotonic() + WAIT_MOST_MS;
      while (clock.monotonic() < untilMs) {
        const now = intake.stats();
        if (now.queued === 0 || now.groups !== groups) break;
        await clock.sleep(LOOK_EVERY_MS);
      }
    }
    sinceMs = clock.monotonic();
    return null;
  };
}
