import { join } from "node:path";
import { makeFolder } from "../base/durable_file.ts";
import { PerchError } from "../base/errors.ts";
import type { Elsewhere } from "../readings/store.ts";
import type { History } from "../history/history.ts";
import type { Jobs } from "../jobs/jobs.ts";
import { shownOf } from "../machines/shown_unit.ts";
import { createExports, type Exports } from "../transfer/export/exports.ts";
import type { BackupParts } from "./backup.ts";
import type { Foundation } from "./foundation.ts";
import type { MachineParts } from "./machines.ts";
import { preferredUnits } from "./settings.ts";

/** History as files for others: at once, and as jobs. */
export function createExportParts(
  { config, clock, storage, settings, freeMemory }: Foundation,
  { machines: { registry }, jobs, backup: { siteUid, site }, history }: {
    machines: Pick<MachineParts, "registry">;
    jobs: Pick<Jobs, "register">;
    backup: Pick<BackupParts, "siteUid" | "site">;
    history: Pick<History, "readings">;
  },
): Exports {
  const exports = createExports({
    readings: { ...storage.readings, ...whole(history.readings) },
    clock,
    site: { site: siteUid, name: site },
    temporary: createTemporary(join(config.dataDir, "jobs", "at-once")),
    freeMemory,
  });
  const preferred = preferredUnits(settings);
  jobs.register("export", async () => {
    const { exportJobs } = await import("../transfer/export/job.ts");
    return exportJobs({
      exports,
      sensors: registry,
      shown: (sensor) => shownOf(sensor, preferred),
    });
  });
  return exports;
}

/** A file that is handed on is whole or is not made. @throws PerchError `unavailable` */
function whole(readings: History["readings"]): History["readings"] {
  const hear = <T extends { elsewhere?: Elsewhere }>(answer: T): T => {
    const failure = answer.elsewhere?.failure;
    if (!failure) return answer;
    throw new PerchError("unavailable", `${failure} What only it has would be missing.`);
  };
  return {
    raw: async (query) => hear(await readings.raw(query)),
    buckets: async (query) => hear(await readings.buckets(query)),
  };
}

/** Gives paths in a folder of their own; what a kill left there goes before the first. */
function createTemporary(folder: string): () => Promise<string> {
  let emptied: Promise<void> | null = null;
  const empty = async () => {
    await Deno.remove(folder, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await makeFolder(folder);
  };
  return async () => {
    await (emptied ??= empty().catch((error) => {
      emptied = null;
      throw error;
    }));
    return join(folder, crypto.randomUUID());
  };
}
