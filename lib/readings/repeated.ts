/** Which readings of a sensor are stored already: found by going through both in time order, once. */
import type { Slice } from "./slice.ts";

/** Readings in time order. */
export type Timed = Pick<Slice, "n" | "tMs" | "value">;

/** Runs of one time longer than this are compared by a set. */
const SHORT_RUN = 16;

/** Marks the readings of `part` whose time and value a reading of `stored` has. */
export function markStored(part: Timed, stored: Timed, found: Uint8Array): void {
  let [i, j] = [0, 0];
  while (i < part.n && j < stored.n) {
    const [t, s] = [part.tMs[i], stored.tMs[j]];
    if (t < s) i = skipTo(part, i, s);
    else if (t > s) j = skipTo(stored, j, t);
    else {
      const [iEnd, jEnd] = [runEnd(part, i), runEnd(stored, j)];
      markRun(part, i, iEnd, stored, j, jEnd, found);
      [i, j] = [iEnd, jEnd];
    }
  }
}

/** Marks the readings of `part` that an earlier one of it has said. */
export function markRepeated(part: Timed, found: Uint8Array): void {
  const { n, tMs, value } = part;
  for (let i = 1; i < n; i++) {
    if (tMs[i] !== tMs[i - 1]) continue;
    const [from, end] = [i - 1, runEnd(part, i)];
    if (end - from > SHORT_RUN) markLongRun(value, from, end, found);
    else {
      for (let k = i; k < end; k++) {
        for (let e = from; e < k; e++) if (Object.is(value[e], value[k])) found[k] = 1;
      }
    }
    i = end;
  }
}

/** Index of the first reading at or after `tMs`, from `from` on: near ones cost little. */
function skipTo({ n, tMs }: Timed, from: number, ms: number): number {
  let step = 1;
  let low = from;
  while (low + step < n && tMs[low + step] < ms) {
    low += step;
    step *= 2;
  }
  let high = Math.min(n, low + step);
  low++;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tMs[middle] < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

function runEnd({ n, tMs }: Timed, from: number): number {
  let end = from + 1;
  while (end < n && tMs[end] === tMs[from]) end++;
  return end;
}

function markRun(
  part: Timed,
  i: number,
  iEnd: number,
  stored: Timed,
  j: number,
  jEnd: number,
  found: Uint8Array,
): void {
  if ((iEnd - i) * (jEnd - j) <= SHORT_RUN * SHORT_RUN) {
    for (let a = i; a < iEnd; a++) {
      for (let b = j; b < jEnd; b++) if (Object.is(part.value[a], stored.value[b])) found[a] = 1;
    }
    return;
  }
  const values = new Set<number | string>();
  for (let b = j; b < jEnd; b++) values.add(keyOf(stored.value[b]));
  for (let a = i; a < iEnd; a++) if (values.has(keyOf(part.value[a]))) found[a] = 1;
}

function markLongRun(value: Float64Array, from: number, end: number, found: Uint8Array): void {
  const values = new Set<number | string>();
  for (let k = from; k < end; k++) {
    const key = keyOf(value[k]);
    if (values.has(key)) found[k] = 1;
    else values.add(key);
  }
}

/** A set takes −0 for 0. */
function keyOf(value: number): number | string {
  return Object.is(value, -0) ? "-0" : value;
}
