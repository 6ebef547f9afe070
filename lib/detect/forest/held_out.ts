/**
 * How large a whitened distance usually is on rows that it was not learned from: every block of the
 * training rows is judged by the relations of the others. Few rows and many sensors fit themselves
 * well, so the same distances on the rows that taught them would promise too much.
 */
import { cholesky, quantile, solveLower } from "./linalg.ts";

/** The training rows are cut into so many blocks, in turn: one cut alone is a matter of luck. */
const CUTS = [4, 5, 6];
/** A cut of every kind falls on a multiple of this. */
const PARTS = 60;

/** The usual size of a distance and of its tail, of the logarithm of its root. */
export interface Tail {
  middle: number;
  /** From the middle to where 1 % lies beyond. */
  width: number;
  /** The root of what 1 % of the held-out rows exceeded. */
  limit: number;
}

/** Share of what is expected of that many sensors in a tail's width, beside what the rows say. */
const EXPECTED = 0.75;
const LEAST_WIDTH = 0.03;
/** So many widths beyond the middle an alarm begins. */
export const MONITOR_ALARM = 1.75;

/**
 * The tail of held-out distances. `expected` is the width that a single sensor's has. An alarm is
 * never nearer than what two trainings of `rows` rows are expected to reach once: the tail goes on
 * as it did from its tenth to its hundredth part. What runs now and then has a long one.
 */
export function tailOf(
  squared: Float64Array,
  { columns, rows, expected }: { columns: number; rows: number; expected: number },
): Tail {
  const logs = squared.map((x) => 0.5 * Math.log(x + 1e-12)).sort();
  const [middle, tenth, high] = [0.5, 0.9, 0.99].map((q) => quantile(logs, q));
  const seen = Math.max(high - middle, LEAST_WIDTH);
  const usual = seen ** (1 - EXPECTED) * (expected / Math.sqrt(columns)) ** EXPECTED;
  const rarest = high + (high - tenth) * Math.log10(0.01 * 2 * rows);
  const width = Math.max(usual, (rarest - middle) / MONITOR_ALARM);
  return { middle, width, limit: Math.exp(high) };
}

/** How far a squared distance is beyond the middle: 1 where 1 % is expected, 0 in the middle. */
export function beyond(tail: Tail, squared: number): number {
  return (0.5 * Math.log(squared + 1e-12) - tail.middle) / tail.width;
}

/** Squared distances of a block's rows, by what the other blocks taught. */
export interface Block {
  from: number;
  to: number;
  squaredOf(row: number): number;
}

/** All blocks of a table whose columns are in standard scores. */
export function* heldOut(
  table: Float64Array,
  rows: number,
  columns: number,
  from: number,
  widenedOf: (rows: number) => Float64Array,
): Generator<Block> {
  const cut = Array.from(
    { length: PARTS + 1 },
    (_, i) => from + Math.floor((rows - from) * i / PARTS),
  );
  const sums = cut.slice(1).map((to, i) => sumsOf(table, columns, cut[i], to));
  const z = new Float64Array(columns);
  for (const blocks of CUTS) {
    const width = PARTS / blocks;
    for (let b = 0; b < blocks; b++) {
      const others = sums.filter((_, i) => Math.floor(i / width) !== b);
      const { mean, factor } = learned(others, columns, widenedOf);
      yield {
        from: cut[b * width],
        to: cut[(b + 1) * width],
        squaredOf(row) {
          for (let c = 0; c < columns; c++) z[c] = table[row * columns + c] - mean[c];
          solveLower(factor, columns, z);
          let sum = 0;
          for (let c = 0; c < columns; c++) sum += z[c] * z[c];
          return sum / columns;
        },
      };
    }
  }
}

interface Sums {
  rows: number;
  sum: Float64Array;
  products: Float64Array;
}

function sumsOf(table: Float64Array, columns: number, from: number, to: number): Sums {
  const sum = new Float64Array(columns), products = new Float64Array(columns * columns);
  for (let r = from; r < to; r++) {
    const row = r * columns;
    for (let i = 0; i < columns; i++) {
      const a = table[row + i];
      sum[i] += a;
      for (let j = 0; j <= i; j++) products[i * columns + j] += a * table[row + j];
    }
  }
  return { rows: to - from, sum, products };
}

/** Mean and Cholesky factor of the widened covariance of some parts. */
function learned(
  parts: readonly Sums[],
  columns: number,
  widenedOf: (rows: number) => Float64Array,
): { mean: Float64Array; factor: Float64Array } {
  const mean = new Float64Array(columns), cov = new Float64Array(columns * columns);
  const n = parts.reduce((rows, part) => rows + part.rows, 0);
  for (const { sum, products } of parts) {
    for (let i = 0; i < columns; i++) mean[i] += sum[i] / n;
    for (let i = 0; i < cov.length; i++) cov[i] += products[i];
  }
  const widened = widenedOf(n);
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j <= i; j++) {
      const at = i * columns + j;
      cov[at] = (cov[at] - n * mean[i] * mean[j]) / Math.max(1, n - 1);
    }
    cov[i * columns + i] += widened[i];
  }
  return { mean, factor: cholesky(cov, columns) };
}
