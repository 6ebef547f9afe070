import { type Runs, runsOf } from "../readings/runs.ts";

/** One commit group as it is published to the rest of the application, after COMMIT. Duplicates are left out. */
export interface CommittedGroup {
  readonly groupId: number;
  readonly n: number;
  /** Storage numbers, times (epoch ms) and values, columns of length `n`. */
  readonly sensor: Uint32Array;
  readonly tMs: Float64Array;
  readonly value: Float64Array;
  readonly flags: Uint8Array;
  /** The same sensor by sensor, without what is of the past. Made on first use. */
  readonly runs: Runs;
}

/** Columns of a commit before duplicates are taken out. */
export interface GroupColumns {
  n: number;
  sensor: Uint32Array;
  tMs: Float64Array;
  value: Float64Array;
  flags: Uint8Array;
}

/** Builds what is published of a group; `duplicate` marks readings that were stored before. */
export function committedGroup(
  groupId: number,
  all: GroupColumns,
  duplicate: Uint8Array | null,
): CommittedGroup {
  const { n, sensor, tMs, value, flags } = duplicate === null ? all : without(all, duplicate);
  let runs: Runs | undefined;
  return {
    groupId,
    n,
    sensor,
    tMs,
    value,
    flags,
    get runs() {
      return runs ??= runsOf(this);
    },
  };
}

function without(all: GroupColumns, duplicate: Uint8Array): GroupColumns {
  const keep: number[] = [];
  for (let i = 0; i < all.n; i++) if (duplicate[i] === 0) keep.push(i);
  return {
    n: keep.length,
    sensor: Uint32Array.from(keep, (i) => all.sensor[i]),
    tMs: Float64Array.from(keep, (i) => all.tMs[i]),
    value: Float64Array.from(keep, (i) => all.value[i]),
    flags: Uint8Array.from(keep, (i) => all.flags[i]),
  };
}
