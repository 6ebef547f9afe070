/** What training rows look like along the way: smoothed, by how they move, and by how far they jump. */
import { heldOut } from "./held_out.ts";
import { standard, type Whitening } from "./whitening.ts";

/** Memory of what a row's motion is taken from, rows. */
export const NEAR = 5;
/** A value this many scores from the last ones, and as many times farther than any jump of training, is wild. */
const WILD = 8, WILD_OF_SEEN = 1.5;
/** Rows of a block that its smoothed motion needs before it counts. */
const WARM = 3;

/** How far a sensor may jump: beyond what it did in training, by enough. */
export function jumps(motion: Float64Array, rows: number, columns: number): Float64Array {
  const jump = new Float64Array(columns);
  for (let at = columns; at < rows * columns; at++) {
    const c = at % columns;
    jump[c] = Math.max(jump[c], WILD_OF_SEEN * Math.abs(motion[at]));
  }
  return jump.map((x) => Math.max(WILD, x));
}

/** How many times a sensor has been through its range, as if rows were independent. */
export function looks(values: Float64Array): number {
  const n = values.length, mean = values.reduce((a, b) => a + b, 0) / n;
  let variance = 0, steps = 0;
  for (let r = 0; r < n; r++) {
    variance += (values[r] - mean) ** 2;
    if (r > 0) steps += (values[r] - values[r - 1]) ** 2;
  }
  return Math.max(1, variance > 0 ? Math.min(n, n * steps / variance / 4) : 1);
}

/** Smoothed rows, and what each row moved by. */
export function traces(
  data: Float64Array,
  rows: number,
  columns: number,
  { centre, scale, smooth }: { centre: Float64Array; scale: Float64Array; smooth: number },
): { smoothed: Float64Array; motion: Float64Array } {
  const smoothed = new Float64Array(rows * columns), motion = new Float64Array(rows * columns);
  for (let c = 0; c < columns; c++) {
    let slow = 0, near = 0;
    for (let r = 0, at = c; r < rows; r++, at += columns) {
      const z = standard(data[at], centre[c], scale[c]);
      if (r === 0) slow = near = z;
      motion[at] = z - near;
      near += (z - near) / NEAR;
      slow += (z - slow) / Math.min(r + 1, smooth);
      smoothed[at] = slow;
    }
  }
  return { smoothed, motion };
}

/** A table in the standard scores of its whitening. */
export function scored(table: Float64Array, { columns, centre, scale }: Whitening): Float64Array {
  return table.map((x, i) => standard(x, centre[i % columns], scale[i % columns]));
}

type Widened = (rows: number) => Float64Array;

export function placesHeldOut(
  table: Float64Array,
  rows: number,
  columns: number,
  from: number,
  widened: Widened,
): Float64Array {
  const found: number[] = [];
  for (const block of heldOut(table, rows, columns, from, widened)) {
    for (let r = block.from; r < block.to; r++) found.push(block.squaredOf(r));
  }
  return Float64Array.from(found);
}

export function motionsHeldOut(
  table: Float64Array,
  rows: number,
  columns: number,
  from: number,
  widened: Widened,
  smooth: number,
): Float64Array {
  const found: number[] = [];
  for (const block of heldOut(table, rows, columns, from, widened)) {
    const first = Math.max(1, block.from - WARM * smooth);
    let lively = 0;
    for (let r = first; r < block.to; r++) {
      lively += (block.squaredOf(r) - lively) / Math.min(r - first + 1, smooth);
      if (r >= block.from) found.push(lively);
    }
  }
  return Float64Array.from(found);
}
