import { backupsFolder, listBackups } from "../backup/folder.ts";
import { systemClock } from "../base/clock.ts";
import type { Config } from "../base/config.ts";
import { createKernelFiles } from "../base/kernel_files.ts";
import { createCollector, HOST_ROOTS } from "../health/host/collector.ts";
import { makeReport, presetLevel } from "../health/history/make_report.ts";
import type { HostReport } from "../health/history/report.ts";
import { NO_RATES, NO_TREND } from "../health/history/writes.ts";
import { SETTINGS } from "../settings/registry.ts";

/** Shares of the processor's time are counted over this. */
const BETWEEN_MS = 500;

/**
 * Measures the host while no Perch runs: by the limits that sensors have unless people changed them. What takes a
 * running Perch (what it writes, its own process) is not measured.
 */
export async function measureHost({ dataDir, database }: Config): Promise<HostReport> {
  const clock = systemClock();
  const files = createKernelFiles({ roots: HOST_ROOTS });
  const collector = createCollector({ files, clock, dataDir });
  await collector.sample();
  await clock.sleep(BETWEEN_MS);
  const sample = await collector.sample();
  const path = database.url.startsWith("file:") ? database.url.slice("file:".length) : null;
  const kept = await listBackups(backupsFolder(dataDir)).catch(() => []);
  return makeReport({
    observed: {
      sample: { ...sample, process: null },
      own: {
        loopLagMs: null,
        databaseBytes: sizeOf(path),
        walBytes: sizeOf(path === null ? null : `${path}-wal`),
        pictureBytes: null,
      },
      writes: NO_RATES,
    },
    trend: NO_TREND,
    perch: null,
    database: null,
    pictures: null,
    rating: {
      ratedTb: SETTINGS["host.card_tb"].default,
      amplification: SETTINGS["host.card_amplification"].default,
    },
    trouble: { power: null, readOnly: sample.disk?.readOnly === true, kills: 0 },
    backupMs: kept[0]?.manifest.created_ms ?? null,
    levelOf: presetLevel,
  });
}

function sizeOf(path: string | null): number | null {
  try {
    return path === null ? null : Deno.statSync(path).size;
  } catch {
    return null;
  }
}
