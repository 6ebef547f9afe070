import type { ReadingColumns } from "../readings/onward.ts";

/** The server keeps eleven digits of a value: it differs by less than 1e-12 of it. */
const TOLERANCE = 4e-12;

/** Both in time order. */
export interface Compared {
  /** Of ours, what it has not. */
  missing: ReadingColumns;
  /** Of what it has, how many we have not. */
  extra: number;
}

/**
 * What the server lacks of ours, and has beyond it. Several readings may stand at one time; values are the same within
 * what the server keeps of them. With `byTime` it lacks no more at a time than what it has fewer of there, whatever
 * the values: for what nobody has changed.
 */
export function compare(ours: ReadingColumns, there: ReadingColumns, byTime = false): Compared {
  const missing: number[] = [];
  let extra = 0;
  for (let i = 0, j = 0; i < ours.tMs.length || j < there.tMs.length;) {
    const tMs = Math.min(ours.tMs[i] ?? Infinity, there.tMs[j] ?? Infinity);
    let [iEnd, jEnd] = [i, j];
    while (ours.tMs[iEnd] === tMs) iEnd++;
    while (there.tMs[jEnd] === tMs) jEnd++;
    const left = [...there.value.subarray(j, jEnd)];
    const without: number[] = [];
    for (let at = i; at < iEnd; at++) {
      const found = left.findIndex((value) => isSame(value, ours.value[at]));
      if (found < 0) without.push(at);
      else left.splice(found, 1);
    }
    const lacks = byTime ? without.slice(0, Math.max(0, iEnd - i - (jEnd - j))) : without;
    missing.push(...lacks);
    extra += byTime ? Math.max(0, jEnd - j - (iEnd - i)) : left.length;
    [i, j] = [iEnd, jEnd];
  }
  return {
    missing: {
      tMs: Float64Array.from(missing, (at) => ours.tMs[at]),
      value: Float64Array.from(missing, (at) => ours.value[at]),
    },
    extra,
  };
}

function isSame(a: number, b: number): boolean {
  return a === b || Math.abs(a - b) <= TOLERANCE * Math.max(Math.abs(a), Math.abs(b));
}
