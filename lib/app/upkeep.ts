import { statfs } from "node:fs/promises";
import type { SteadyClock } from "../base/steady_clock.ts";
import type { Log } from "../base/log.ts";
import type { Task } from "../base/supervisor.ts";
import { CLOCK_NOTE_MS } from "../intake/clock_notes.ts";
import { deleteClockNotes } from "../intake/clock_notes_store.ts";
import { purgeIdempotency } from "../intake/idempotency.ts";
import { TRIM_MOST, trimChanges } from "../live/past_store.ts";
import type { Recent } from "../live/recent.ts";
import { createReadingsUpkeep, NOTHING_RETAINED } from "../readings/upkeep.ts";
import type { History } from "../history/history.ts";
import type { Settings } from "../settings/settings.ts";
import { DAY_MS } from "../words/times.ts";
import type { Storage } from "./storage.ts";

const PERIOD_MS = 10 * 60_000;
const FIRST_MS = 30_000;
const TRIM_PAUSE_MS = 50;
const MEGABYTE = 1_000_000;

/**
 * Merges late data, takes down a tier what its retention ends, gathers small chunks, and keeps the index of hours; all
 * rest while the database is copied. Nothing is taken down while an import is under way: what is still to come of a minute would
 * count as there already (`summedUpWithin`).
 */
export function readingsUpkeep(
  deps: {
    clock: SteadyClock;
    log: Log;
    storage: Storage;
    settings: Settings;
    paused: () => boolean;
    importing: () => Promise<boolean>;
    /** What of the readings a history server lets go. */
    mayGo: History["mayGo"];
  },
): Task {
  const { clock, log, storage: { readings }, settings, paused, importing, mayGo } = deps;
  return createReadingsUpkeep({
    readings: {
      compact: () => paused() ? Promise.resolve(false) : readings.compact(),
      retain: async (options) =>
        paused() || mayGo() === "none" || await importing()
          ? NOTHING_RETAINED
          : await readings.retain(options),
      gather: () => paused() ? Promise.resolve(false) : readings.gather(),
      indexHours: () => paused() ? Promise.resolve(false) : readings.indexHours(),
    },
    clock,
    log,
    retention: () => ({
      nowMs: clock.deletionMs(),
      keepMs: settings.get("retention.days") * DAY_MS || undefined,
      keepMinutesMs: settings.get("retention.minute_days") * DAY_MS || undefined,
      keepHoursMs: settings.get("retention.hour_days") * DAY_MS || undefined,
      maxBytes: settings.get("retention.max_database_mb") * MEGABYTE || undefined,
      keepUnsent: mayGo() === "sent",
    }),
  });
}

/** Deletes all readings of a sensor that is gone for good; false when some are not sealed yet. */
export async function forgetReadings(
  readings: Pick<Storage["readings"], "forget">,
  sensor: number,
): Promise<boolean> {
  for (;;) {
    const { more, unsealed } = await readings.forget(sensor);
    if (unsealed > 0) return false;
    if (!more) return true;
  }
}

/** Deletes idempotency keys and notes about devices' clocks that are old, every ten minutes. */
export function houseKeeping(
  deps: { clock: SteadyClock; storage: Storage },
): Task {
  const { clock, storage } = deps;
  return {
    name: "house-keeping",
    async run(signal) {
      await clock.sleep(FIRST_MS, signal);
      for (;;) {
        const nowMs = clock.deletionMs();
        await storage.db.write([
          purgeIdempotency(nowMs),
          deleteClockNotes(nowMs - CLOCK_NOTE_MS),
        ]);
        // As many as there are: sensors that flicker add more than one step takes.
        while ((await storage.db.write([trimChanges()]))[0].rowsAffected === TRIM_MOST) {
          await clock.sleep(TRIM_PAUSE_MS, signal);
        }
        await clock.sleep(PERIOD_MS, signal);
      }
    },
  };
}

/** Loads the last minutes of every sensor once, beside everything else, and rests then. */
export function seedRecent(deps: { recent: Recent; storage: Storage }): Task {
  return {
    name: "recent readings",
    async run(signal, beat) {
      await deps.recent.seed(deps.storage.readings, signal);
      if (signal.aborted) return;
      beat?.(Infinity);
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
  };
}

/** Share of the disk under `path` that is in use, 0…1; null where the system does not say. */
export async function diskUsed(path: string): Promise<number | null> {
  try {
    const { blocks, bavail } = await statfs(path);
    return blocks === 0 ? null : 1 - bavail / blocks;
  } catch {
    return null;
  }
}
