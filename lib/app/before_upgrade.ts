import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type BackupWorker, createBackupWorker } from "../backup/client.ts";
import { archiveName, backupsFolder, listBackups } from "../backup/folder.ts";
import { needOf, type Room, roomSentence } from "../backup/room.ts";
import type { Receipt } from "../backup/types.ts";
import { plantBefore } from "../backup/upgrade_store.ts";
import type { Config } from "../base/config.ts";
import { messageOf, PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { HOUR_MS, MINUTE_MS } from "../words/times.ts";
import { WAL_MOST_BYTES } from "./checkpoints.ts";
import { roomLimits } from "./room.ts";
import type { Upgrade } from "./storage.ts";
import { FLOOR_MB, roomOf } from "./storage_guard.ts";

/*
 * DESIGN: before migrations change a database that is in use, a backup of it is made and checked, as every other
 * is. An upgrade must be possible on a full card too: where there is no room, or no time, it goes on without, and
 * says so. Migrations are transactions of their own, so what is missing then is the way back to the older Perch.
 */

/** Longer nobody waits for Perch to start. */
const MOST_MS = 10 * MINUTE_MS;
/** A start that fails again and again does not fill the disk with copies. */
const AGAIN_MS = HOUR_MS;

export interface UpgradeDeps {
  config: Pick<Config, "dataDir" | "siteId" | "given">;
  log: Log;
  /** Version of this Perch. */
  version: string;
  /** For tests. */
  room?: (folder: string) => Promise<Room | null>;
  worker?: BackupWorker;
}

/** Keeps a backup of the database as it is. Null, or why there is none. Never throws. */
export async function keepBeforeUpgrade(
  upgrade: Upgrade,
  deps: UpgradeDeps,
): Promise<string | null> {
  const { log } = deps;
  const startedMs = performance.now();
  try {
    const kept = await keep(upgrade, deps);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    if (kept !== null) log.info(`the database as it was is kept in ${kept} (${seconds} s)`);
    return null;
  } catch (error) {
    const sentence = `The database was brought up to date, and no copy of before is kept: ${
      messageOf(error)
    }`;
    log.warn(sentence);
    return sentence;
  }
}

/** Gives the archive's path; null: there is one already. */
async function keep({ from, path, query }: Upgrade, deps: UpgradeDeps): Promise<string | null> {
  const { config: { dataDir, siteId, given }, log, version } = deps;
  const folder = backupsFolder(dataDir);
  const backups = await listBackups(folder);
  const nowMs = Date.now();
  if (backups.some((one) => isRecent(one, from, nowMs))) return null;
  await refuseWithoutRoom(path, folder, backups[0] ?? null, deps);
  log.info("the database is from an older Perch: a copy is kept before it is brought up to date");
  const plant = await plantBefore(query);
  const site = siteId ?? Deno.hostname();
  const sequence = Math.max(plant?.sequence ?? 0, backups[0]?.manifest.sequence ?? 0) + 1;
  const recipient = plant?.recipient ?? null;
  const encrypted = recipient !== null;
  const target = join(folder, archiveName({ site, nowMs, sequence, encrypted }));
  const worker = deps.worker ?? createBackupWorker();
  const late = setTimeout(() => worker.end(), MOST_MS);
  try {
    await worker.make({
      database: path,
      dataDir,
      target,
      sequence,
      reason: "before-upgrade",
      nowMs,
      site: { id: plant?.uid ?? "", name: site },
      perch: version,
      environment: { ...given },
      recipient,
      walMostBytes: WAL_MOST_BYTES,
    }, () => {});
    return target;
  } finally {
    clearTimeout(late);
  }
}

function isRecent({ manifest }: Receipt, from: string, nowMs: number): boolean {
  return manifest.reason === "before-upgrade" && from.startsWith(manifest.schema) &&
    Math.abs(nowMs - manifest.created_ms) < AGAIN_MS;
}

async function refuseWithoutRoom(
  path: string,
  folder: string,
  newest: Receipt | null,
  deps: UpgradeDeps,
): Promise<void> {
  const room = await (deps.room ?? roomFor(path, newest))(deps.config.dataDir);
  const sentence = room === null ? null : roomSentence(room, folder);
  if (sentence !== null) throw new PerchError("storage_full", sentence);
}

const roomFor = (path: string, newest: Receipt | null) => async (dataDir: string) => {
  const room = await roomOf(dataDir);
  if (room === null) return null;
  const sizes = await Promise.all(
    [path, `${path}-wal`].map((file) => stat(file).then(({ size }) => size, () => 0)),
  );
  const { floorBytes } = roomLimits({ reserveMb: 0, floorMb: FLOOR_MB }, room.totalBytes);
  const needBytes = needOf(sizes[0] + sizes[1], newest);
  return { freeBytes: room.freeBytes, spareBytes: floorBytes, needBytes };
};
