import type { CommittedGroup } from "../../intake/committed.ts";

/** Means of what came in since they were last fetched, per sensor. */
export interface RowFeed {
  /** A committed group. Readings older than `fresh` ms are history and left out. */
  add(group: CommittedGroup, nowMs: number): void;
  /** The row of these sensors (storage numbers); NaN where nothing came. Starts the next one. */
  take(sensors: readonly number[]): Float64Array;
}

/** A device that sends late by more than this does not describe the present. */
const FRESH_MS = 60_000;

export function createRowFeed(): RowFeed {
  const sum: number[] = [];
  const n: number[] = [];
  return {
    add(group, nowMs) {
      for (let i = 0; i < group.n; i++) {
        if (nowMs - group.tMs[i] > FRESH_MS || !Number.isFinite(group.value[i])) continue;
        const num = group.sensor[i];
        sum[num] = (sum[num] ?? 0) + group.value[i];
        n[num] = (n[num] ?? 0) + 1;
      }
    },
    take: (sensors) =>
      Float64Array.from(sensors, (num) => {
        const mean = n[num] > 0 ? sum[num] / n[num] : NaN;
        sum[num] = n[num] = 0;
        return mean;
      }),
  };
}
