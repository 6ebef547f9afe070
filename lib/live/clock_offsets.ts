import type { Clock } from "../base/clock.ts";
import type { CommittedGroup } from "../intake/committed.ts";
import type { SensorDirectory } from "../machines/sensor.ts";
import { FLAG_ARRIVAL_TIME } from "../readings/reading.ts";

/** How far the clocks of devices are from the host's, as far as their own times show it. */
export interface ClockOffsets {
  add(group: CommittedGroup): void;
  /** Ms that the times of a machine are behind their arrival, negative when ahead; null: it gave none lately. */
  behindMs(machine: string): number | null;
}

interface Offset {
  /** The smallest of this stretch, and of the one before: what comes late says nothing of the clock. */
  nowMs: number;
  beforeMs: number;
  sinceMs: number;
}

const STRETCH_MS = 10 * 60_000;
/** A clock does not change quickly: a few groups are looked at, and of each the first readings. */
const EVERY_MS = 1_000;
const READINGS_MOST = 256;
const MACHINES_MOST = 10_000;

export function createClockOffsets(
  { clock, sensors }: {
    clock: Pick<Clock, "now" | "monotonic">;
    sensors: Pick<SensorDirectory, "byNum">;
  },
): ClockOffsets {
  const offsets = new Map<string, Offset>();
  let lookedMs = -Infinity;

  function note(machine: string, behindMs: number, atMs: number): void {
    const known = offsets.get(machine);
    if (known === undefined) {
      if (offsets.size >= MACHINES_MOST) offsets.clear();
      offsets.set(machine, { nowMs: behindMs, beforeMs: Infinity, sinceMs: atMs });
    } else if (atMs - known.sinceMs > STRETCH_MS) {
      known.beforeMs = known.nowMs;
      known.nowMs = behindMs;
      known.sinceMs = atMs;
    } else known.nowMs = Math.min(known.nowMs, behindMs);
  }

  return {
    add({ n, sensor, tMs, flags }) {
      const atMs = clock.monotonic();
      if (atMs - lookedMs < EVERY_MS) return;
      lookedMs = atMs;
      const arrivedMs = clock.now();
      for (let i = 0; i < Math.min(n, READINGS_MOST); i++) {
        if ((flags[i] & FLAG_ARRIVAL_TIME) !== 0) continue;
        const machine = sensors.byNum(sensor[i])?.machine;
        if (machine !== undefined) note(machine, arrivedMs - tMs[i], atMs);
      }
    },
    behindMs(machine) {
      const known = offsets.get(machine);
      if (known === undefined || clock.monotonic() - known.sinceMs > 2 * STRETCH_MS) return null;
      return Math.min(known.nowMs, known.beforeMs);
    },
  };
}
