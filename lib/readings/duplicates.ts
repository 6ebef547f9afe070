import { type GroupColumns, valueAt } from "./columns.ts";
import { FLAG_ARRIVAL_TIME, FLAG_HAS_SEQ, type ReadingGroup } from "./reading.ts";
import { exponentOf, mantissaAt, RAW } from "./scale.ts";
import type { Series, SeriesTable } from "./series.ts";
import type { Sealed } from "./slice.ts";

/** A reading without device time is looked for by its seq this far back from the newest one. */
export const SEQ_WINDOW_MS = 3_600_000;

/**
 * Stages the readings of `group` that are not stored yet into `out`, scaled. Returns one byte per
 * reading of the group, 1 = duplicate, or null when there is none. `sealed` says what was found in
 * chunks (null: nothing was looked for).
 *
 * Nearly every reading is newer than its sensor's newest and costs two comparisons.
 */
export function stage(
  group: ReadingGroup,
  table: SeriesTable,
  sealed: Sealed | null,
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
    let gapEnd = NaN;
    if (!cannotBeDuplicate(series, tMs, flags, seq)) {
      earlier ??= new Earlier(out);
      const value = group.value[i];
      if (
        sealed?.found[i] || earlier.has(series, tMs, value, flags, seq) ||
        inTail(series, tMs, value, flags, seq)
      ) {
        duplicates ??= new Uint8Array(group.n);
        duplicates[i] = 1;
        continue;
      }
      if (hasSeq && (flags & FLAG_ARRIVAL_TIME)) gapEnd = seqAbove(series, seq, out, sealed, i);
    }
    if (tMs > series.stagedNewestMs) series.stagedNewestMs = tMs;
    if (hasSeq) {
      if (seq > series.stagedMaxSeq) series.stagedMaxSeq = seq;
      series.seqGap.took(seq);
      if (!Number.isNaN(gapEnd)) series.seqGap.open(seq, gapEnd);
    }
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
  if (flags & FLAG_HAS_SEQ) return seq > series.stagedMaxSeq || series.seqGap.holds(seq);
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

/**
 * Smallest seq above `seq` among all readings that `seq` would be compared with: those in between need not
 * be looked for. NaN when that is not known, because chunks were not looked at.
 */
function seqAbove(
  series: Series,
  seq: number,
  out: GroupColumns,
  sealed: Sealed | null,
  i: number,
): number {
  const { tail, newestMs } = series;
  const sealedInReach = series.sealedNewestMs >= newestMs - SEQ_WINDOW_MS;
  let above = sealedInReach ? sealed?.seqAbove[i] ?? NaN : Infinity;
  for (let at = tail.firstFrom(newestMs - SEQ_WINDOW_MS); at < tail.n; at++) {
    const stored = tail.seq(at);
    if (stored > seq && stored < above) above = stored;
  }
  for (let at = 0; at < out.n; at++) {
    if (out.sensor[at] !== series.sensor || !(out.flags[at] & FLAG_HAS_SEQ)) continue;
    if (out.seq[at] > seq && out.seq[at] < above) above = out.seq[at];
  }
  return above;
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
