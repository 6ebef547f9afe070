/**
 * What a run of a machine looks like at each of its rows, from the rows up to there alone: of every sensor means and
 * slopes over several lengths and the difference to its beginning; the same, finer, of the wear, which is the
 * weighted sum of the sensors that follows remaining life best; and the age.
 */
import { solve } from "../../forest/linalg.ts";

/** One life, or as much of it as there is: rows of sensors, one after the other. NaN: nothing came. */
export interface Run {
  data: Float64Array;
  rows: number;
}

/** What the features of a fleet are measured by. */
export interface Measure {
  columns: number;
  centre: Float64Array;
  scale: Float64Array;
  /** Weights of the sensors in standard scores, and what is added: the wear. */
  wear: Float64Array;
  /** Lengths are in rows of a life of 200, and stretch with the fleet's usual life by this. */
  stretch: number;
}

const OF_SENSOR = 7, OF_WEAR = 12, RIDGE = 0.01;

/** Features of a fleet with so many sensors. */
export function featureCount(columns: number): number {
  return OF_SENSOR * columns + OF_WEAR + 1;
}

/** Learns centre, scale and wear from whole lives; `targets` are their remaining rows. */
export function measureOf(
  runs: readonly Run[],
  targets: readonly Float64Array[],
  columns: number,
  stretch: number,
): Measure {
  const centre = new Float64Array(columns), scale = new Float64Array(columns);
  for (let c = 0; c < columns; c++) {
    const all = runs.flatMap(({ data, rows }) =>
      Array.from({ length: rows }, (_, r) => data[r * columns + c]).filter(Number.isFinite)
    );
    const mean = all.reduce((sum, x) => sum + x, 0) / Math.max(1, all.length);
    const square = all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, all.length);
    centre[c] = mean;
    scale[c] = Math.sqrt(square) || 1;
  }
  const size = columns + 1;
  const products = new Float64Array(size * size), sums = new Float64Array(size);
  const row = new Float64Array(size).fill(1);
  let n = 0;
  runs.forEach((run, i) => {
    const scores = standardised(run, { columns, centre, scale });
    for (let r = 0; r < run.rows; r++, n++) {
      for (let c = 0; c < columns; c++) row[c] = scores[c][r];
      for (let a = 0; a < size; a++) {
        sums[a] += row[a] * targets[i][r];
        for (let b = 0; b < size; b++) products[a * size + b] += row[a] * row[b];
      }
    }
  });
  for (let c = 0; c < columns; c++) products[c * size + c] += RIDGE * n;
  return { columns, centre, scale, wear: solve(products, sums), stretch };
}

/** Features of each row of a run from `from` on, row by row. */
export function featuresAlong(run: Run, measure: Measure, from = 0): Float64Array {
  const slopes = (x: Float64Array, length: number) => slopesFrom(x, length, from);
  const over = (length: number) => Math.max(2, Math.round(length * measure.stretch));
  const scores = standardised(run, measure);
  const columns = scores.flatMap((z) => {
    const short = means(z, over(10));
    return [
      short,
      means(z, over(30)),
      slopes(z, over(30)),
      since(short, beginning(z, over(15))),
      means(z, over(5)),
      means(z, over(60)),
      slopes(z, over(60)),
    ];
  });
  const wear = wearAlong(scores, measure);
  const began = beginning(wear, over(20)), short = means(wear, over(10));
  const middle = means(wear, over(20));
  columns.push(means(wear, over(5)), short, middle, means(wear, over(40)), means(wear, over(80)));
  columns.push(slopes(wear, over(20)), slopes(wear, over(40)), slopes(wear, over(80)));
  columns.push(began, since(short, began), since(middle, began), lowest(short));
  columns.push(Float64Array.from({ length: run.rows }, (_, r) => (r + 1) / measure.stretch));
  return tableOf(columns, run.rows, from);
}

/** Short means of the sensors at each row, in standard scores: what says whether a machine is like the others. */
export function levelsAlong(run: Run, measure: Measure, from = 0): Float64Array {
  const { stretch } = measure;
  const levels = standardised(run, measure).map((z) =>
    means(z, Math.max(2, Math.round(10 * stretch)))
  );
  return tableOf(levels, run.rows, from);
}

/** The rows from `from` on, one after the other. */
function tableOf(columns: readonly Float64Array[], rows: number, from: number): Float64Array {
  const wide = columns.length;
  const table = new Float64Array((rows - from) * wide);
  columns.forEach((column, c) => {
    for (let r = from; r < rows; r++) table[(r - from) * wide + c] = column[r];
  });
  return table;
}

/** Standard scores, a column per sensor. Where nothing came the last value holds; before the first, the usual one. */
function standardised(
  { data, rows }: Run,
  { columns, centre, scale }: Pick<Measure, "columns" | "centre" | "scale">,
): Float64Array[] {
  return Array.from({ length: columns }, (_, c) => {
    const z = new Float64Array(rows);
    let held = 0;
    for (let r = 0; r < rows; r++) {
      const x = data[r * columns + c];
      if (Number.isFinite(x)) held = (x - centre[c]) / scale[c];
      z[r] = held;
    }
    return z;
  });
}

function wearAlong(scores: readonly Float64Array[], { columns, wear }: Measure): Float64Array {
  return Float64Array.from({ length: scores[0].length }, (_, r) => {
    let sum = wear[columns];
    for (let c = 0; c < columns; c++) sum += wear[c] * scores[c][r];
    return sum;
  });
}

/** Mean of the last `length` values. */
function means(x: Float64Array, length: number): Float64Array {
  const out = new Float64Array(x.length);
  let sum = 0;
  for (let r = 0; r < x.length; r++) {
    sum += x[r] - (r >= length ? x[r - length] : 0);
    out[r] = sum / Math.min(length, r + 1);
  }
  return out;
}

/** Rise of the straight line through the last `length` values, from its beginning to its end. */
function slopesFrom(x: Float64Array, length: number, from: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let r = Math.max(4, from); r < x.length; r++) {
    const n = Math.min(length, r + 1), middle = (n - 1) / 2;
    let product = 0, square = 0;
    for (let i = 0; i < n; i++) {
      product += (i - middle) * x[r - n + 1 + i];
      square += (i - middle) ** 2;
    }
    out[r] = product / square * n;
  }
  return out;
}

/** Mean of the first `length` values, as far as they have come. */
function beginning(x: Float64Array, length: number): Float64Array {
  const out = new Float64Array(x.length);
  let sum = 0;
  for (let r = 0; r < x.length; r++) {
    if (r < length) sum += x[r];
    out[r] = sum / Math.min(length, r + 1);
  }
  return out;
}

function since(x: Float64Array, began: Float64Array): Float64Array {
  return x.map((value, r) => value - began[r]);
}

/** The lowest value so far, which is the highest wear: it never recovers. */
function lowest(x: Float64Array): Float64Array {
  let low = Infinity;
  return x.map((value) => low = Math.min(low, value));
}
