/**
 * Robust whitening: how far the columns of a table, taken together, are from where they were in
 * training, in units in which every direction is equally usual.
 *
 * Columns are centred on the median and scaled robustly. Their covariance is widened by what the
 * caller does not trust: a ridge for all, and more for a column that training says little about. In
 * its principal directions the squared distance falls into T² (the leading directions, 90 % of the
 * variance: how far along the usual ways) and Q (the rest: relations that no longer hold).
 */
import { StateError, type StateReader, type StateWriter } from "../bytes.ts";
import { columnOf, covariance, eigen, robustSpread } from "./linalg.ts";

const LEADING_VARIANCE = 0.9;
/** Standard scores beyond this say no more. */
const FARTHEST = 50;

export interface Squared {
  /** Mean squared distance per column. */
  squared: number;
  /** Its part along the leading directions; the rest is Q. */
  tSquared: number;
}

export class Whitening {
  private constructor(
    readonly columns: number,
    readonly centre: Float64Array,
    readonly scale: Float64Array,
    /** Row k: direction k over the root of its variance. */
    readonly directions: Float64Array,
    readonly leading: number,
  ) {}

  /**
   * Learns from the rows `from`…`rows` of a table. `widened` is added to the variance of each column, in its own
   * squared scale; `least` is the smallest scale.
   */
  static fit(
    table: Float64Array,
    rows: number,
    columns: number,
    { from, widened, least }: { from: number; widened: Float64Array; least: number },
  ): Whitening {
    const n = rows - from;
    const z = table.slice(from * columns, rows * columns);
    const centre = new Float64Array(columns), scale = new Float64Array(columns);
    for (let c = 0; c < columns; c++) {
      const spread = robustSpread(columnOf(z, n, columns, c));
      centre[c] = spread.centre;
      scale[c] = Math.max(spread.scale, least);
      for (let r = 0; r < n; r++) {
        z[r * columns + c] = standard(z[r * columns + c], centre[c], scale[c]);
      }
    }
    const cov = covariance(z, n, columns);
    for (let c = 0; c < columns; c++) cov[c * columns + c] += widened[c];
    const { values, vectors } = eigen(cov, columns);
    const total = values.reduce((a, b) => a + b, 0);
    let leading = 0;
    for (let sum = 0; leading < columns && sum < LEADING_VARIANCE * total; leading++) {
      sum += values[leading];
    }
    const directions = vectors.map((x, i) =>
      x / Math.sqrt(Math.max(values[Math.floor(i / columns)], 1e-9))
    );
    return new Whitening(columns, centre, scale, directions, leading);
  }

  /** Of one row; a number that is not finite counts as usual. */
  squared(row: Float64Array): Squared {
    const { columns, directions, leading } = this;
    const z = this.standardise(row);
    let squared = 0, tSquared = 0;
    for (let k = 0; k < columns; k++) {
      let p = 0;
      for (let c = 0; c < columns; c++) p += directions[k * columns + c] * z[c];
      squared += p * p;
      if (k < leading) tSquared = squared;
    }
    return { squared: squared / columns, tSquared: tSquared / columns };
  }

  /** Each column's share (summing to 1) of a row's distance. */
  contributions(row: Float64Array): Float64Array {
    const { columns, directions } = this;
    const z = this.standardise(row);
    const pull = new Float64Array(columns);
    for (let k = 0; k < columns; k++) {
      let p = 0;
      for (let c = 0; c < columns; c++) p += directions[k * columns + c] * z[c];
      for (let c = 0; c < columns; c++) pull[c] += p * directions[k * columns + c];
    }
    return shares(pull.map((x, c) => x * z[c]));
  }

  standardise(row: Float64Array): Float64Array {
    const { centre, scale } = this, z = new Float64Array(row.length);
    for (let c = 0; c < z.length; c++) {
      if (Number.isFinite(row[c])) z[c] = standard(row[c], centre[c], scale[c]);
    }
    return z;
  }

  write(w: StateWriter): void {
    w.u32(this.columns).u32(this.leading).f64s(this.centre).f64s(this.scale).f64s(this.directions);
  }

  static read(r: StateReader): Whitening {
    const columns = r.u32(), leading = r.u32();
    if (columns > 4096) throw new StateError("whitening is damaged");
    return new Whitening(
      columns,
      r.f64s(new Float64Array(columns)),
      r.f64s(new Float64Array(columns)),
      r.f64s(new Float64Array(columns * columns)),
      leading,
    );
  }
}

/** What is positive, so that it sums to 1; nothing positive stays nothing. */
export function shares(weights: Float64Array): Float64Array {
  const positive = new Float64Array(weights.length);
  let total = 0;
  for (let i = 0; i < positive.length; i++) total += positive[i] = Math.max(0, weights[i]);
  if (total > 0) { for (let i = 0; i < positive.length; i++) positive[i] /= total; }
  return positive;
}

export function standard(x: number, centre: number, scale: number): number {
  return Math.max(-FARTHEST, Math.min(FARTHEST, (x - centre) / scale));
}
