/**
 * Robust whitening: how far the sensors of a machine, taken together, are from where they were in
 * training, in units in which every direction is equally usual.
 *
 * Sensors are smoothed, centred on the median and scaled robustly. Their covariance is widened by
 * what each sensor drifted during training (a temperature that was still rising says little by
 * rising on) and by a ridge that grows as training rows get scarce. In its principal directions the
 * squared distance falls into T² (the leading directions, 90 % of the variance: how far along the
 * usual ways) and Q (the rest: relations between sensors that no longer hold).
 */
import { StateError, StateReader, StateWriter } from "../bytes.ts";
import { columnOf, covariance, eigen, quantile, robustSpread } from "./linalg.ts";

const NAME = "whitening";
const VERSION = 1;
const RIDGE = 0.1;
/** Added to the ridge, times sensors per independent row: little data, little trust in relations. */
const SCARCITY = 0.25;
const DRIFT_BLOCKS = 4;
const LEADING_VARIANCE = 0.9;
/** Standard scores beyond this say no more. */
const FARTHEST = 50;

export interface WhiteningOptions {
  /** Memory of the smoothing, rows. 1: none. */
  readonly smooth: number;
}

export interface Distance {
  /** Distance over the one that 1 % of training rows exceeded. */
  ratio: number;
  /** Mean squared distance per sensor, and its two parts. */
  squared: number;
  tSquared: number;
  q: number;
}

/** The running mean that a model wants to be fed with. */
export class Smoother {
  readonly values: Float64Array;
  seen = 0;

  /** From `start` on, where that is given: as if the machine had always been there. */
  constructor(columns: number, readonly memory: number, start?: Float64Array) {
    this.values = new Float64Array(columns);
    if (start) this.values.set(start);
    this.seen = start ? Infinity : 0;
  }

  /** Takes row `row` of a table. Numbers that are not finite leave their column as it was. */
  take(data: Float64Array, row = 0): Float64Array {
    const n = this.values.length;
    this.seen++;
    const share = 1 / Math.min(this.seen, this.memory);
    for (let c = 0; c < n; c++) {
      const x = data[row * n + c];
      if (Number.isFinite(x)) this.values[c] += (x - this.values[c]) * share;
    }
    return this.values;
  }
}

export class Whitening {
  private constructor(
    readonly columns: number,
    readonly smooth: number,
    readonly centre: Float64Array,
    readonly scale: Float64Array,
    /** Row k: direction k over the root of its variance. */
    readonly directions: Float64Array,
    readonly leading: number,
    /** Squared distance that 1 % of training rows exceeded. */
    readonly limit: number,
  ) {}

  /** Learns from `rows` rows of usual operation. Constant sensors are kept, with a nominal scale. */
  static fit(
    data: Float64Array,
    rows: number,
    columns: number,
    options: Partial<WhiteningOptions> = {},
  ): Whitening {
    const smooth = Math.max(1, options.smooth ?? 20);
    const settled = Math.min(Math.ceil(smooth), rows >> 2);
    const n = rows - settled;
    if (n < 2 * DRIFT_BLOCKS) {
      throw new RangeError(`whitening needs at least ${4 * DRIFT_BLOCKS} rows, there are ${rows}`);
    }
    const smoother = new Smoother(columns, smooth);
    const z = new Float64Array(n * columns);
    for (let r = 0; r < rows; r++) {
      const values = smoother.take(data, r);
      if (r >= settled) z.set(values, (r - settled) * columns);
    }
    const centre = new Float64Array(columns), scale = new Float64Array(columns);
    const drift = new Float64Array(columns);
    for (let c = 0; c < columns; c++) {
      const values = columnOf(z, n, columns, c);
      const spread = robustSpread(values);
      centre[c] = spread.centre;
      const least = 1e-6 * Math.abs(spread.centre) || 1e-12;
      scale[c] = Math.max(spread.scale, least);
      drift[c] = blockDrift(values) / scale[c];
      for (let r = 0; r < n; r++) {
        z[r * columns + c] = standard(z[r * columns + c], centre[c], scale[c]);
      }
    }
    const cov = covariance(z, n, columns);
    const ridge = RIDGE + SCARCITY * columns * smooth / n;
    for (let c = 0; c < columns; c++) cov[c * columns + c] += ridge + drift[c] ** 2;
    const { values, vectors } = eigen(cov, columns);
    const total = values.reduce((a, b) => a + b, 0);
    let leading = 0;
    for (let sum = 0; leading < columns && sum < LEADING_VARIANCE * total; leading++) {
      sum += values[leading];
    }
    const directions = vectors.map((x, i) =>
      x / Math.sqrt(Math.max(values[Math.floor(i / columns)], RIDGE / 2))
    );
    const open = new Whitening(columns, smooth, centre, scale, directions, leading, 1);
    const squared = Float64Array.from(
      { length: n },
      (_, r) => open.#squared(z.subarray(r * columns, (r + 1) * columns)).squared,
    ).sort();
    const limit = Math.max(quantile(squared, 0.99), 1e-9);
    return new Whitening(columns, smooth, centre, scale, directions, leading, limit);
  }

  /** Of one smoothed row. */
  distance(row: Float64Array): Distance {
    const { squared, tSquared } = this.#squared(this.standardise(row));
    return {
      ratio: Math.sqrt(squared / this.limit),
      squared,
      tSquared,
      q: squared - tSquared,
    };
  }

  /** Each sensor's share (summing to 1) of a smoothed row's distance. */
  contributions(row: Float64Array): Float64Array {
    const { columns, directions } = this;
    const z = this.standardise(row);
    const pull = new Float64Array(columns);
    for (let k = 0; k < columns; k++) {
      let p = 0;
      for (let c = 0; c < columns; c++) p += directions[k * columns + c] * z[c];
      for (let c = 0; c < columns; c++) pull[c] += p * directions[k * columns + c];
    }
    let total = 0;
    for (let c = 0; c < columns; c++) {
      pull[c] = Math.max(0, pull[c] * z[c]);
      total += pull[c];
    }
    return total > 0 ? pull.map((x) => x / total) : pull;
  }

  /** Standard scores; what is not finite counts as usual. */
  standardise(row: Float64Array): Float64Array {
    return row.map((x, c) => Number.isFinite(x) ? standard(x, this.centre[c], this.scale[c]) : 0);
  }

  #squared(z: Float64Array): { squared: number; tSquared: number } {
    const { columns, directions, leading } = this;
    let squared = 0, tSquared = 0;
    for (let k = 0; k < columns; k++) {
      let p = 0;
      for (let c = 0; c < columns; c++) p += directions[k * columns + c] * z[c];
      squared += p * p;
      if (k < leading) tSquared = squared;
    }
    return { squared: squared / columns, tSquared: tSquared / columns };
  }

  write(w: StateWriter): void {
    w.u32(this.columns).f64(this.smooth).u32(this.leading).f64(this.limit)
      .f64s(this.centre).f64s(this.scale).f64s(this.directions);
  }

  static read(r: StateReader): Whitening {
    const columns = r.u32(), smooth = r.f64(), leading = r.u32(), limit = r.f64();
    if (columns > 4096) throw new StateError("whitening is damaged");
    return new Whitening(
      columns,
      smooth,
      r.f64s(new Float64Array(columns)),
      r.f64s(new Float64Array(columns)),
      r.f64s(new Float64Array(columns * columns)),
      leading,
      limit,
    );
  }

  save(): Uint8Array {
    const w = new StateWriter(NAME, VERSION);
    this.write(w);
    return w.done();
  }

  static load(bytes: Uint8Array): Whitening {
    const r = new StateReader(bytes, NAME, VERSION);
    const model = Whitening.read(r);
    r.end();
    return model;
  }
}

function standard(x: number, centre: number, scale: number): number {
  return Math.max(-FARTHEST, Math.min(FARTHEST, (x - centre) / scale));
}

/** Root mean square step between the means of successive quarters. */
function blockDrift(values: Float64Array): number {
  const length = Math.floor(values.length / DRIFT_BLOCKS);
  const means = Array.from({ length: DRIFT_BLOCKS }, (_, b) => {
    let sum = 0;
    for (let i = b * length; i < (b + 1) * length; i++) sum += values[i] / length;
    return sum;
  });
  let squares = 0;
  for (let b = 1; b < DRIFT_BLOCKS; b++) squares += (means[b] - means[b - 1]) ** 2;
  return Math.sqrt(squares / (DRIFT_BLOCKS - 1));
}
