import { FLAG_ARRIVAL_TIME, FLAG_HAS_SEQ, type ReadingGroup } from "./reading.ts";
import { type GroupColumns, valueAt } from "./columns.ts";
import type { Connection } from "../db/connection.ts";
import { type ChunkCache, type ChunkInfo, chunksOf } from "./chunk_store.ts";
import { exponentOf, mantissaAt, RAW } from "./scale.ts";
import type { Series, SeriesTable } from "./series.ts";
import { firstFrom, type Slice } from "./slice.ts";

/** A reading without device time is looked for by its seq this far back from the newest one. */
export const SEQ_WINDOW_MS = 3_600_000;

/**
 * Stages the readings of `group` that are not stored yet into `out`, scaled. Returns one byte per
 * reading of the group, 1 = duplicate, or null when there is none. `sealed` says which readings were
 * found in chunks already (null: none).
 *
 * Nearly every reading is newer than its sensor's newest and costs two comparisons.
 */
export function stage(
  group: ReadingGroup,
  table: SeriesTable,
  sealed: Uint8Array | null,
  out: GroupColumns,
): Uint8Array | null {
  let duplicates: Uint8Array | null = null;
  let earlier: Earlier | null = null;
  out.reset(group.n);
  for (let i = 0; i < group.n; i++) {
    const series = table.getOrCreate(group.sensor[i]);
    const tMs = group.tMs[i];
    const flags = group.flags[i];
    const hasSeq = (flags & FLAG_HAS_SEQ) !== 0;
    const seq = hasSeq ? group.seq![i] : NaN;
    if (!cannotBeDuplicate(series, tMs, flags, seq)) {
      earlier ??= new Earlier(out);
      const value = group.value[i];
      if (
        sealed?.[i] || earlier.has(series, tMs, value, flags, seq) ||
        inTail(series, tMs, value, flags, seq)
      ) {
        duplicates ??= new Uint8Array(group.n);
        duplicates[i] = 1;
        continue;
      }
    }
    if (tMs > series.stagedNewestMs) series.stagedNewestMs = tMs;
    if (hasSeq && seq > series.stagedMaxSeq) series.stagedMaxSeq = seq;
    push(out, series, tMs, group.value[i], flags, seq, hasSeq);
    earlier?.took(out.n - 1);
  }
  return duplicates;
}

/** True when a comparison with the sensor's newest reading settles it. */
export function cannotBeDuplicate(
  series: Series,
  tMs: number,
  flags: number,
  seq: number,
): boolean {
  if (!(flags & FLAG_ARRIVAL_TIME)) return tMs > series.stagedNewestMs;
  if (flags & FLAG_HAS_SEQ) return seq > series.stagedMaxSeq;
  return true;
}

function push(
  out: GroupColumns,
  series: Series,
  tMs: number,
  value: number,
  flags: number,
  seq: number,
  hasSeq: boolean,
): void {
  const at = out.n++;
  out.sensor[at] = series.sensor;
  out.tMs[at] = tMs;
  out.flags[at] = flags;
  out.seq[at] = seq;
  if (hasSeq) out.hasSeq = true;
  const exponent = exponentFor(series, value);
  out.exponent[at] = exponent;
  out.mantissa[at] = exponent === RAW ? value : mantissaAt(value, exponent);
}

function exponentFor(series: Series, value: number): number {
  const hint = series.exponentHint;
  if (!Number.isNaN(mantissaAt(value, hint))) {
    series.exponentMissed = false;
    return hint;
  }
  const exponent = exponentOf(value, hint);
  if (exponent !== RAW) {
    if (series.exponentMissed) series.exponentHint = exponent;
    series.exponentMissed = !series.exponentMissed;
  }
  return exponent;
}

/** Whether a stored reading (time, value, seq) is the same as the asked one, by the asked one's rule. */
export function sameReading(
  storedMs: number,
  storedValue: number,
  storedSeq: number,
  newestMs: number,
  tMs: number,
  value: number,
  flags: number,
  seq: number,
): boolean {
  if (!Object.is(storedValue, value)) return false;
  const hasSeq = (flags & FLAG_HAS_SEQ) !== 0;
  if (hasSeq && storedSeq !== seq) return false;
  if (!(flags & FLAG_ARRIVAL_TIME)) return storedMs === tMs;
  return hasSeq && storedMs >= newestMs - SEQ_WINDOW_MS;
}

function inTail(series: Series, tMs: number, value: number, flags: number, seq: number): boolean {
  const { tail, newestMs } = series;
  const byTime = !(flags & FLAG_ARRIVAL_TIME);
  const from = tail.firstFrom(byTime ? tMs : newestMs - SEQ_WINDOW_MS);
  for (let i = from; i < tail.n; i++) {
    const storedMs = tail.time(i);
    if (byTime && storedMs > tMs) return false;
    if (
      sameReading(storedMs, tail.value(i), tail.seq(i), newestMs, tMs, value, flags, seq)
    ) return true;
  }
  return false;
}

/** Readings of the group under way, by sensor; made only when a reading needs a look. */
class Earlier {
  readonly #bySensor = new Map<number, Map<number, number[]>>();
  constructor(private readonly columns: GroupColumns) {
    for (let i = 0; i < columns.n; i++) this.took(i);
  }

  took(at: number): void {
    const { columns } = this;
    let byTime = this.#bySensor.get(columns.sensor[at]);
    if (!byTime) this.#bySensor.set(columns.sensor[at], byTime = new Map());
    const key = this.#key(columns.tMs[at], columns.flags[at], columns.seq[at]);
    const list = byTime.get(key);
    if (list) list.push(at);
    else byTime.set(key, [at]);
  }

  has(series: Series, tMs: number, value: number, flags: number, seq: number): boolean {
    const byTime = this.#bySensor.get(series.sensor);
    if (!byTime) return false;
    const { columns } = this;
    for (const at of byTime.get(this.#key(tMs, flags, seq)) ?? []) {
      const storedSeq = columns.flags[at] & FLAG_HAS_SEQ ? columns.seq[at] : NaN;
      if (
        sameReading(
          columns.tMs[at],
          valueAt(columns, at),
          storedSeq,
          series.stagedNewestMs,
          tMs,
          value,
          flags,
          seq,
        )
      ) return true;
    }
    return false;
  }

  /** Device times are found by time, arrival times by seq; negative keys keep the two apart. */
  #key(tMs: number, flags: number, seq: number): number {
    return (flags & FLAG_ARRIVAL_TIME) && (flags & FLAG_HAS_SEQ) ? -1 - seq : tMs;
  }
}

/**
 * Chunks in which one reading is looked for, the newest first. More than a few hold the same time only when
 * a device's clock stands still, and then each of its readings would be compared with all before.
 */
const LOOKS_MOST = 16;

/**
 * Looks for the readings of a group in chunks: 1 where a reading is stored already, null when none is.
 * Only readings that are not newer than what is sealed of their sensor cost anything.
 */
export async function findSealed(
  group: ReadingGroup,
  table: SeriesTable,
  connection: Connection,
  cache: ChunkCache,
): Promise<Uint8Array | null> {
  let found: Uint8Array | null = null;
  for (const [series, wanted] of mayBeSealed(group, table)) {
    const { fromMs, toMs } = rangeOf(group, series, wanted);
    const looked = new Uint8Array(group.n);
    for (const chunk of newestFirst(await chunksOf(connection, series.sensor, fromMs, toMs))) {
      for (const i of wanted) {
        if (found?.[i] || looked[i] === LOOKS_MOST) continue;
        const byTime = !(group.flags[i] & FLAG_ARRIVAL_TIME);
        if (byTime && (group.tMs[i] < chunk.firstMs || group.tMs[i] > chunk.lastMs)) continue;
        looked[i]++;
        const slice = await cache.getOrNull(chunk.id);
        if (slice === null || !inSlice(slice, series.newestMs, group, i)) continue;
        found ??= new Uint8Array(group.n);
        found[i] = 1;
      }
    }
  }
  return found;
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

function inSlice(slice: Slice, newestMs: number, group: ReadingGroup, i: number): boolean {
  const flags = group.flags[i];
  const tMs = group.tMs[i];
  const byTime = !(flags & FLAG_ARRIVAL_TIME);
  const seq = flags & FLAG_HAS_SEQ ? group.seq![i] : NaN;
  for (let at = firstFrom(slice, byTime ? tMs : newestMs - SEQ_WINDOW_MS); at < slice.n; at++) {
    if (byTime && slice.tMs[at] > tMs) return false;
    const storedSeq = slice.seq !== null && (slice.flags[at] & FLAG_HAS_SEQ) ? slice.seq[at] : NaN;
    if (
      sameReading(
        slice.tMs[at],
        slice.value[at],
        storedSeq,
        newestMs,
        tMs,
        group.value[i],
        flags,
        seq,
      )
    ) return true;
  }
  return false;
}
