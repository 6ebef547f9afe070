import type { Connection } from "../db/connection.ts";
import type { ChunkCache } from "./chunk_cache.ts";
import { type ChunkInfo, chunksOf } from "./chunk_store.ts";
import { sameReading, SEQ_WINDOW_MS } from "./duplicates.ts";
import { FLAG_ARRIVAL_TIME, FLAG_HAS_SEQ, type ReadingGroup } from "./reading.ts";
import type { Series, SeriesTable } from "./series.ts";
import { firstFrom, type Sealed, type Slice } from "./slice.ts";

/**
 * Chunks in which one reading is looked for, the newest first. More than a few hold the same time only when
 * a device's clock stands still, and then each of its readings would be compared with all before.
 */
const LOOKS_MOST = 16;

/**
 * Looks for the readings of a group in chunks; null when none had to be looked for.
 * Only readings that are not newer than what is sealed of their sensor cost anything.
 */
export async function findSealed(
  group: ReadingGroup,
  table: SeriesTable,
  connection: Connection,
  cache: ChunkCache,
): Promise<Sealed | null> {
  const all = mayBeSealed(group, table);
  if (all.size === 0) return null;
  const sealed: Sealed = {
    found: new Uint8Array(group.n),
    seqAbove: new Float64Array(group.n).fill(NaN),
  };
  const looked = new Uint8Array(group.n);
  for (const [series, wanted] of all) {
    for (const i of wanted) sealed.seqAbove[i] = Infinity;
    const { fromMs, toMs } = rangeOf(group, series, wanted);
    for (const chunk of newestFirst(await chunksOf(connection, series.sensor, fromMs, toMs))) {
      for (const i of wanted) {
        const byTime = !(group.flags[i] & FLAG_ARRIVAL_TIME);
        if (byTime && (group.tMs[i] < chunk.firstMs || group.tMs[i] > chunk.lastMs)) continue;
        if (sealed.found[i]) continue;
        const slice = looked[i] === LOOKS_MOST ? null : await cache.get(chunk.id);
        if (slice === null) {
          sealed.seqAbove[i] = NaN;
          continue;
        }
        looked[i]++;
        look(slice, series, group, i, sealed);
      }
    }
  }
  return sealed;
}

function newestFirst(chunks: ChunkInfo[]): ChunkInfo[] {
  return chunks.sort((a, b) => b.id - a.id);
}

function mayBeSealed(group: ReadingGroup, table: SeriesTable): Map<Series, number[]> {
  const wanted = new Map<Series, number[]>();
  for (let i = 0; i < group.n; i++) {
    const series = table.get(group.sensor[i]);
    if (series === undefined || series.sealedNewestMs === -Infinity) continue;
    const flags = group.flags[i];
    if (flags & FLAG_ARRIVAL_TIME) {
      if (!(flags & FLAG_HAS_SEQ) || group.seq![i] > series.maxSeq) continue;
      if (series.seqGap.holds(group.seq![i])) continue;
      if (series.newestMs - SEQ_WINDOW_MS > series.sealedNewestMs) continue;
    } else if (group.tMs[i] > series.sealedNewestMs) continue;
    const list = wanted.get(series);
    if (list) list.push(i);
    else wanted.set(series, [i]);
  }
  return wanted;
}

function rangeOf(
  group: ReadingGroup,
  series: Series,
  wanted: number[],
): { fromMs: number; toMs: number } {
  let fromMs = Infinity;
  let toMs = -Infinity;
  for (const i of wanted) {
    const byTime = !(group.flags[i] & FLAG_ARRIVAL_TIME);
    fromMs = Math.min(fromMs, byTime ? group.tMs[i] : series.newestMs - SEQ_WINDOW_MS);
    toMs = Math.max(toMs, byTime ? group.tMs[i] + 1 : series.newestMs + 1);
  }
  return { fromMs, toMs };
}

function look(slice: Slice, series: Series, group: ReadingGroup, i: number, sealed: Sealed): void {
  const { newestMs } = series;
  const flags = group.flags[i];
  const tMs = group.tMs[i];
  const byTime = !(flags & FLAG_ARRIVAL_TIME);
  const seq = flags & FLAG_HAS_SEQ ? group.seq![i] : NaN;
  let above = sealed.seqAbove[i];
  for (let at = firstFrom(slice, byTime ? tMs : newestMs - SEQ_WINDOW_MS); at < slice.n; at++) {
    const storedMs = slice.tMs[at];
    if (byTime && storedMs > tMs) return;
    const storedSeq = slice.seq !== null && (slice.flags[at] & FLAG_HAS_SEQ) ? slice.seq[at] : NaN;
    const stored = slice.value[at];
    if (sameReading(storedMs, stored, storedSeq, newestMs, tMs, group.value[i], flags, seq)) {
      sealed.found[i] = 1;
      return;
    }
    if (storedSeq > seq && storedSeq < above) above = storedSeq;
  }
  sealed.seqAbove[i] = above;
}
