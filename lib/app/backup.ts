import { stat } from "node:fs/promises";
import type { SystemFacts } from "../alarms/system_facts.ts";
import type { Access } from "../access/access.ts";
import { systemActor } from "../access/audit_row.ts";
import type { Task } from "../base/supervisor.ts";
import { VERSION } from "../base/version.ts";
import { type Backups, createBackups } from "../backup/backups.ts";
import { createBackupWorker } from "../backup/client.ts";
import { failureEvent } from "../backup/failure_event.ts";
import { type BackupState, describeBackups, troubleOf } from "../backup/health.ts";
import { createPlantStore } from "../backup/plant_store.ts";
import { needOf, type Room } from "../backup/room.ts";
import { nextMs, type Schedule } from "../backup/schedule.ts";
import { createSettled } from "../backup/settled.ts";
import { backupTask } from "../backup/task.ts";
import type { Receipt } from "../backup/types.ts";
import type { SqlStatement } from "../db/client.ts";
import { WAL_MOST_BYTES } from "./checkpoints.ts";
import type { Foundation } from "./foundation.ts";
import { roomLimits } from "./room.ts";
import { roomOf } from "./storage_guard.ts";

export interface BackupParts {
  backups: Backups;
  /** Name of the plant, as archives carry it. */
  site: string;
  /** Id of the plant, which its name does not change. */
  siteUid: string;
  state(): BackupState;
  /** When the next one is made; null: none are made by themselves. */
  nextMs(): number | null;
  /** What the alarm about backups says. */
  trouble: () => SystemFacts["backup"];
  /** Public key for which backups are encrypted; null: they are not. */
  recipient(): string | null;
  /** `also` is written with it. */
  setRecipient(recipient: string | null, also: readonly SqlStatement[]): Promise<void>;
  task: Task;
}

const MEANWHILE = "deleted while Perch did not run, or by one that was killed";

/** Backups of this plant: made by schedule and on demand. */
export async function createBackupParts(
  foundation: Foundation,
  access: Pick<Access, "audit">,
): Promise<BackupParts> {
  const { config, clock, settings, storage, checkpoints, events, components, shedding } =
    foundation;
  const log = foundation.log.child("backup");
  const store = createPlantStore(storage.db);
  const plant = await store.load(clock.now());
  const settled = createSettled(clock);
  const site = config.siteId ?? Deno.hostname();
  const { url } = config.database;
  const database = url.startsWith("file:") ? url.slice("file:".length) : null;
  let recipient = plant.recipient;

  const schedule = (): Schedule => ({
    every: settings.get("backup.schedule"),
    at: settings.get("backup.time"),
    zone: foundation.zone(),
  });
  const backups = createBackups({
    clock,
    log,
    database,
    dataDir: config.dataDir,
    store,
    worker: createBackupWorker({ kept: true }),
    about: () => ({
      site: { id: plant.uid, name: site },
      perch: VERSION,
      environment: { ...config.given },
      recipient,
      walMostBytes: WAL_MOST_BYTES,
    }),
    room: (newest) => roomFor(foundation, database!, newest),
    refusal: () => shedding.refusal("backups"),
    keepDays: () => settings.get("backup.keep_days"),
    copying: checkpoints.pause,
    onFailure: (failure) => events.append(failureEvent(failure)),
    onDeleted: (file, why) =>
      access.audit.record({
        actor: systemActor("Perch"),
        action: "backup.delete",
        resource: `backup:${file}`,
        touches: [],
        ...(why === "age" ? {} : { after: { found: MEANWHILE } }),
      }),
  });
  await backups.finishDeleting().catch((error) => log.warn("deleted backups", { error }));
  await backups.list().catch((error) => log.warn("the folder of the backups", { error }));
  foundation.ending(() => backups.end());
  shedding.register({
    name: "backups",
    shed: () => backups.callOff("It was called off, because the host was in need."),
  });

  function state(): BackupState {
    const newest = backups.newest();
    const sinceMs = newest?.manifest.created_ms ?? plant.sinceMs;
    return {
      unavailable: backups.unavailable,
      schedule: schedule(),
      newest,
      job: backups.job(),
      failure: backups.failure(),
      ageMs: Math.max(0, clock.now() - sinceMs),
      settled: settled(),
    };
  }
  components.register("backup", () => describeBackups(state()));
  return {
    backups,
    site,
    siteUid: plant.uid,
    state,
    nextMs: () => backups.unavailable === null ? nextMs(schedule(), clock.now()) : null,
    trouble: () => troubleOf(state()),
    recipient: () => recipient,
    async setRecipient(changed, also) {
      await store.setRecipient(changed, also);
      recipient = changed;
    },
    task: backupTask({
      ...{ clock, log, backups, schedule, sinceMs: plant.sinceMs },
      waits: () => shedding.isShed("backups"),
    }),
  };
}

/** Room on the disk, and what a backup of the database at `path` needs of it. */
async function roomFor(
  foundation: Foundation,
  path: string,
  newest: Receipt | null,
): Promise<Room> {
  const sizes = await Promise.all(
    [path, `${path}-wal`].map((file) => stat(file).then(({ size }) => size, () => 0)),
  );
  return { ...await roomNow(foundation), needBytes: needOf(sizes[0] + sizes[1], newest) };
}

/** Room on the disk, and what of it stays free whatever happens. */
export async function roomNow(
  { config, settings }: Pick<Foundation, "config" | "settings">,
): Promise<Pick<Room, "freeBytes" | "spareBytes">> {
  const room = await roomOf(config.dataDir);
  if (room === null) return { freeBytes: Infinity, spareBytes: 0 };
  const set = { reserveMb: 0, floorMb: settings.get("storage.floor_mb") };
  const { floorBytes: spareBytes } = roomLimits(set, room.totalBytes);
  return { freeBytes: room.freeBytes, spareBytes };
}
