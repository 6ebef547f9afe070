/** Readings of one sensor as columns of length `n`, ordered by time. */
export interface Slice {
  n: number;
  tMs: Float64Array;
  value: Float64Array;
  flags: Uint8Array;
  /** Valid where the flags say so; null when no reading has a seq. */
  seq: Float64Array | null;
}

export function emptySlice(): Slice {
  return {
    n: 0,
    tMs: new Float64Array(0),
    value: new Float64Array(0),
    flags: new Uint8Array(0),
    seq: null,
  };
}

/** Readings `[from, to)`; the columns are views, not copies. */
export function subslice({ tMs, value, flags, seq }: Slice, from: number, to: number): Slice {
  return {
    n: to - from,
    tMs: tMs.subarray(from, to),
    value: value.subarray(from, to),
    flags: flags.subarray(from, to),
    seq: seq?.subarray(from, to) ?? null,
  };
}

/** Index of the first reading at or after `tMs`. */
export function firstFrom({ tMs: times, n }: Slice, tMs: number): number {
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < tMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One slice in time order; among equal times readings of earlier slices stand first. */
export function mergeSlices(slices: readonly Slice[]): Slice {
  const filled = slices.filter((s) => s.n > 0);
  if (filled.length === 0) return emptySlice();
  if (filled.length === 1) return filled[0];
  return followEachOther(filled) ? concat(filled) : filled.reduce(mergeTwo);
}

function followEachOther(slices: readonly Slice[]): boolean {
  return slices.every((s, i) => i === 0 || slices[i - 1].tMs[slices[i - 1].n - 1] <= s.tMs[0]);
}

function concat(slices: readonly Slice[]): Slice {
  const n = slices.reduce((sum, s) => sum + s.n, 0);
  const all: Slice = {
    n,
    tMs: new Float64Array(n),
    value: new Float64Array(n),
    flags: new Uint8Array(n),
    seq: slices.some((s) => s.seq) ? new Float64Array(n) : null,
  };
  let at = 0;
  for (const slice of slices) {
    all.tMs.set(slice.tMs, at);
    all.value.set(slice.value, at);
    all.flags.set(slice.flags, at);
    if (slice.seq) all.seq!.set(slice.seq, at);
    at += slice.n;
  }
  return all;
}

function mergeTwo(a: Slice, b: Slice): Slice {
  const n = a.n + b.n;
  const merged: Slice = {
    n,
    tMs: new Float64Array(n),
    value: new Float64Array(n),
    flags: new Uint8Array(n),
    seq: a.seq || b.seq ? new Float64Array(n) : null,
  };
  for (let i = 0, ia = 0, ib = 0; i < n; i++) {
    const fromA = ib >= b.n || (ia < a.n && a.tMs[ia] <= b.tMs[ib]);
    const from = fromA ? a : b;
    const at = fromA ? ia++ : ib++;
    merged.tMs[i] = from.tMs[at];
    merged.value[i] = from.value[at];
    merged.flags[i] = from.flags[at];
    if (merged.seq !== null && from.seq !== null) merged.seq[i] = from.seq[at];
  }
  return merged;
}

/** What was found in chunks about the readings of a group. */
export interface Sealed {
  /** 1 where the reading is stored. */
  found: Uint8Array;
  /**
   * For readings that are identified by their seq: the smallest seq above it that is stored in the window.
   * NaN where chunks were not looked at, or not completely.
   */
  seqAbove: Float64Array;
}
