/**
 * DESIGN. What arrived before the host's clock was set lies at a wrong time, by the same difference for all of a
 * stretch. It is moved: chunks that touch the stretch are read, marked readings get their right time and lose the
 * mark, all others stay. What moved is written as a late part, which merging brings into its place. A reading
 * without the mark is not moved again, so a stretch can be gone through twice.
 */
import type { SqlStatement } from "../db/client.ts";
import { FLAG_ARRIVAL_TIME, FLAG_HOST_CLOCK_SUSPECT } from "./reading.ts";
import { noteChange } from "./onward_store.ts";
import { oldChunks, type ReplacingDeps, writeParts } from "./replacing.ts";
import { firstFrom, mergeSlices, type Slice, subslice } from "./slice.ts";
import type { Restamped, Restamping } from "./store.ts";

const MARKED = FLAG_ARRIVAL_TIME | FLAG_HOST_CLOCK_SUSPECT;

/** Moves marked readings of a stretch, from `fromMs` on, up to `toMs` or as far as one step goes. */
export async function restampStep(
  deps: ReplacingDeps,
  { sensor, fromMs, toMs, byMs }: Restamping,
  extra: readonly SqlStatement[],
): Promise<Restamped> {
  const series = deps.table.getOrCreate(sensor);
  const { olds, untilMs } = await oldChunks(deps, sensor, fromMs, toMs);
  const tail = series.tail.copy(0, series.tail.n);
  const cut = firstFrom(tail, series.sealedNewestMs);
  const moved: Slice[] = [];
  const stays = (slice: Slice) => {
    const parts = apart(slice, fromMs, untilMs);
    if (parts.marked.n > 0) moved.push(shifted(parts.marked, byMs));
    return parts.others;
  };
  const settled = mergeSlices([
    ...olds.filter(({ late }) => !late).map(({ slice }) => stays(slice)),
    stays(subslice(tail, cut, tail.n)),
  ]);
  const rank = deps.lastGroup;
  const parts = [
    ...olds.filter(({ late }) => late)
      .map((old) => ({ slice: stays(old.slice), rank: old.rank, late: true })),
    { slice: stays(subslice(tail, 0, cut)), rank, late: true },
    { slice: settled, rank: Math.min(rank, ...olds.map((old) => old.rank)), late: false },
  ];
  if (moved.length > 0) {
    parts.push({ slice: mergeSlices(moved), rank, late: true });
    await writeParts(deps, series, olds, parts, [
      ...(untilMs === toMs ? extra : []),
      noteChange({ sensor, fromMs, toMs: untilMs }),
    ]);
  } else if (untilMs === toMs && extra.length > 0) await deps.connection.write([...extra]);
  return { toMs: untilMs, moved: moved.reduce((sum, { n }) => sum + n, 0) };
}

/** Marked readings in `[fromMs, toMs)`, and all others. */
function apart(slice: Slice, fromMs: number, toMs: number): { marked: Slice; others: Slice } {
  const [from, to] = [firstFrom(slice, fromMs), firstFrom(slice, toMs)];
  const marked: number[] = [];
  const others: number[] = [];
  for (let i = 0; i < slice.n; i++) {
    const is = i >= from && i < to && (slice.flags[i] & MARKED) === MARKED;
    (is ? marked : others).push(i);
  }
  if (marked.length === 0) return { marked: subslice(slice, 0, 0), others: slice };
  return { marked: picked(slice, marked), others: picked(slice, others) };
}

function picked({ tMs, value, flags, seq }: Slice, at: readonly number[]): Slice {
  return {
    n: at.length,
    tMs: Float64Array.from(at, (i) => tMs[i]),
    value: Float64Array.from(at, (i) => value[i]),
    flags: Uint8Array.from(at, (i) => flags[i]),
    seq: seq === null ? null : Float64Array.from(at, (i) => seq[i]),
  };
}

function shifted(slice: Slice, byMs: number): Slice {
  return {
    ...slice,
    tMs: slice.tMs.map((t) => t + byMs),
    flags: slice.flags.map((flags) => flags & ~FLAG_HOST_CLOCK_SUSPECT),
  };
}
