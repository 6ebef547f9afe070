import type { Clock } from "../base/clock.ts";
import { PerchError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { HOUR_MS, MINUTE_MS } from "../words/times.ts";
import type { Backups } from "./backups.ts";
import { isDue, type Schedule } from "./schedule.ts";

/** A start is left alone for so long. */
export const FIRST_MS = 5 * MINUTE_MS;
const LOOK_MS = 30_000;
/** A backup to a slow folder may take so long. */
const LONGEST_MS = 12 * HOUR_MS;
/** After a failure; without room it costs little to look again. */
const AGAIN_MS = HOUR_MS;
const ROOM_AGAIN_MS = 5 * MINUTE_MS;

/** Makes a backup whenever one is due. */
export function backupTask(
  { clock, log, backups, schedule, sinceMs, waits = () => false }: {
    clock: Clock;
    log: Log;
    backups: Backups;
    schedule: () => Schedule;
    /** When the plant began. */
    sinceMs: number;
    /** None is begun at the moment. */
    waits?: () => boolean;
  },
): Task {
  let notBeforeMs = clock.monotonic() + FIRST_MS;

  async function look(): Promise<void> {
    const newest = await backups.look();
    if (waits() || clock.monotonic() < notBeforeMs || backups.job()?.state === "running") return;
    const createdMs = newest?.manifest.created_ms;
    const known = createdMs === undefined ? null : { createdMs };
    if (!isDue(schedule(), { newest: known, sinceMs, nowMs: clock.now() })) return;
    try {
      await backups.run("scheduled", "Perch");
    } catch (error) {
      if (!(error instanceof PerchError)) log.error("a backup failed", { error });
      const full = error instanceof PerchError && error.code === "storage_full";
      notBeforeMs = clock.monotonic() + (full ? ROOM_AGAIN_MS : AGAIN_MS);
    }
  }

  return {
    name: "backups",
    busyMostMs: LONGEST_MS,
    async run(signal) {
      const end = () => void backups.callOff("It was called off: what makes backups was ended.");
      signal.addEventListener("abort", end, { once: true });
      while (!signal.aborted) {
        if (backups.unavailable === null) {
          // What cannot be read is a failure that `backups` reports.
          await look().catch((error) => log.debug("the backups were not looked at", { error }));
        }
        await clock.sleep(LOOK_MS, signal);
      }
    },
  };
}
