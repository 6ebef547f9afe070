/**
 * The 25 features of a machine: what its sensors, together, do over a window of rows.
 *
 * Statistical ones look across the sensors at one moment, temporal ones along the window, the last
 * ones at how sensors move together. All are in standard scores or in ratios to what was usual in
 * training, so machines with any number of sensors have the same 25.
 */
import { robustSpread } from "./linalg.ts";
import type { Distance } from "./monitor.ts";

/** Name and meaning, in the order of the vector. */
export const FEATURES: readonly (readonly [name: string, about: string])[] = [
  ["mean_score", "mean standard score of all sensors now"],
  ["mean_distance", "mean distance of the sensors from their usual values now"],
  ["largest_distance", "distance of the sensor farthest from its usual value now"],
  ["second_distance", "distance of the second farthest sensor now"],
  ["disagreement", "spread of the standard scores across sensors now"],
  ["share_beyond", "share of sensors more than three standard scores away now"],
  ["largest_mean_shift", "largest shift of a sensor's window mean"],
  ["mean_mean_shift", "mean shift of the window means"],
  ["largest_spread", "largest growth of a sensor's spread, octaves"],
  ["smallest_spread", "strongest calming of a sensor's spread, octaves"],
  ["mean_spread", "mean change of spread, octaves"],
  ["largest_range", "widest range of a sensor over the window"],
  ["largest_activity", "largest growth of a sensor's mean step, octaves"],
  ["smallest_activity", "strongest decline of a sensor's mean step, octaves"],
  ["largest_step", "largest single step, in usual steps"],
  ["largest_slope", "steepest trend over the window, standard scores"],
  ["mean_slope", "mean steepness of the trends"],
  ["largest_skewness", "most lopsided distribution over the window"],
  ["largest_kurtosis", "most spiky distribution over the window"],
  ["memory_change", "largest change of how much a reading resembles the one before"],
  ["crossing_change", "largest change of how often a sensor crosses its own mean"],
  ["t_squared", "distance along the usual directions (T², log)"],
  ["q_residual", "distance across the usual directions (Q, log)"],
  ["whitened_distance", "whitened distance over its limit, log"],
  ["coupling_change", "largest change of how a sensor follows the others"],
];
export const FEATURE_COUNT = FEATURES.length;

/** Usual behaviour of one sensor, in its own unit and over windows. */
export interface Baseline {
  centre: number;
  scale: number;
  /** Spread and mean step within a window, in standard scores. */
  spread: number;
  step: number;
  memory: number;
  crossings: number;
  coupling: number;
}

/** What one sensor does over a window, in standard scores. */
interface Shape {
  mean: number;
  spread: number;
  range: number;
  step: number;
  largestStep: number;
  slope: number;
  skewness: number;
  kurtosis: number;
  memory: number;
  crossings: number;
  coupling: number;
}

/** A feature vector, and for each feature the sensor that made it (-1: all of them). */
export interface FeatureRow {
  values: Float64Array;
  sensor: Int32Array;
}

/** The least spread and step that ratios are taken to, in standard scores. */
const LEAST = 1e-3;

/** Where a sensor usually is, and the unit of its standard scores. */
export type Scale = Pick<Baseline, "centre" | "scale">;

/**
 * The last `length` rows of a machine. Standard scores are taken once, when a row comes, and lie there twice, so that
 * each sensor's window is always one stretch, oldest first: looking at it needs no copy and no turning around.
 */
export class Window {
  readonly rows: Float64Array;
  count = 0;
  next = 0;
  readonly #scales: readonly Scale[];
  /** Of each sensor twice `length` scores, and of their sum. */
  readonly #scores: Float64Array;
  readonly #together: Float64Array;

  constructor(readonly columns: number, readonly length: number, scales: readonly Scale[]) {
    this.rows = new Float64Array(columns * length);
    this.#scales = scales;
    this.#scores = new Float64Array(2 * columns * length);
    this.#together = new Float64Array(2 * length);
  }

  /** Not finite: the sensor's previous value holds. */
  push(row: Float64Array, from = 0): void {
    const { columns, length, rows, next } = this;
    const before = (next + length - 1) % length;
    for (let c = 0; c < columns; c++) {
      const x = row[from + c];
      const held = this.count > 0 ? rows[before * columns + c] : 0;
      rows[next * columns + c] = Number.isFinite(x) ? x : held;
    }
    this.#scoreRow(next);
    this.next = (next + 1) % length;
    if (this.count < length) this.count++;
  }

  /** Goes on from rows that were kept. */
  restore(count: number, next: number): void {
    this.count = Math.min(count, this.length);
    this.next = next % this.length;
    for (let r = 0; r < this.length; r++) this.#scoreRow(r);
  }

  get full(): boolean {
    return this.count === this.length;
  }

  /** Standard score of sensor `c` in the newest row. */
  newest(c: number): number {
    return this.#scores[2 * c * this.length + this.next + this.length - 1];
  }

  /** Standard scores of sensor `c`, oldest first. */
  scoresOf(c: number): Float64Array {
    const from = 2 * c * this.length + this.next;
    return this.#scores.subarray(from, from + this.length);
  }

  /** Sum of all sensors' scores, oldest first. */
  get together(): Float64Array {
    return this.#together.subarray(this.next, this.next + this.length);
  }

  #scoreRow(r: number): void {
    const { columns, length, rows } = this;
    let sum = 0;
    for (let c = 0; c < columns; c++) {
      const { centre, scale } = this.#scales[c], at = 2 * c * length + r;
      const z = limited((rows[r * columns + c] - centre) / scale, 1e3);
      this.#scores[at] = this.#scores[at + length] = z;
      sum += z;
    }
    this.#together[r] = this.#together[r + length] = sum;
  }
}

/** Baselines from `rows` training rows: medians over windows that do not overlap. */
export function learnBaselines(
  data: Float64Array,
  rows: number,
  columns: number,
  length: number,
): Baseline[] {
  const baselines = Array.from({ length: columns }, (_, c): Baseline => {
    const values = Float64Array.from({ length: rows }, (_, r) => data[r * columns + c])
      .filter(Number.isFinite);
    const { centre, scale } = values.length > 0 ? robustSpread(values) : { centre: 0, scale: 0 };
    const least = 1e-6 * Math.abs(centre) || 1e-12;
    const open = { spread: 1, step: 1, memory: 0, crossings: 0, coupling: 0 };
    return { centre, scale: Math.max(scale, least), ...open };
  });
  const seen: Shape[][] = baselines.map(() => []);
  const window = new Window(columns, length, baselines);
  for (let r = 0; r < rows; r++) {
    window.push(data, r * columns);
    if ((r + 1) % length === 0) {
      shapes(window).forEach((shape, c) => seen[c].push(shape));
    }
  }
  return baselines.map((b, c) => {
    const middle = (of: (s: Shape) => number) => {
      const sorted = seen[c].map(of).sort((x, y) => x - y);
      return sorted[sorted.length >> 1] ?? 0;
    };
    return {
      centre: b.centre,
      scale: b.scale,
      spread: Math.max(middle((s) => s.spread), LEAST),
      step: Math.max(middle((s) => s.step), LEAST),
      memory: middle((s) => s.memory),
      crossings: middle((s) => s.crossings),
      coupling: middle((s) => s.coupling),
    };
  });
}

/** The features of a full window; `distance` is that of its last row. */
export function featuresOf(
  window: Window,
  baselines: readonly Baseline[],
  distance: Distance,
): FeatureRow {
  const values = new Float64Array(FEATURE_COUNT);
  const sensor = new Int32Array(FEATURE_COUNT).fill(-1);
  const d = window.columns;
  const now = baselines.map((_, c) => window.newest(c));
  const all = shapes(window);
  let at = 0;
  const put = (value: number, by = -1) => {
    values[at] = Number.isFinite(value) ? limited(value, 1e6) : 0;
    sensor[at++] = by;
  };
  const mean = (of: (c: number) => number) => {
    let sum = 0;
    for (let c = 0; c < d; c++) sum += of(c);
    return sum / d;
  };
  const largest = (of: (c: number) => number) => {
    let best = 0;
    for (let c = 1; c < d; c++) if (of(c) > of(best)) best = c;
    return best;
  };
  const most = (of: (c: number) => number) => {
    const c = largest(of);
    put(of(c), c);
  };
  const away = now.map(Math.abs);
  const average = mean((c) => now[c]);
  put(average);
  put(mean((c) => away[c]));
  const farthest = largest((c) => away[c]);
  put(away[farthest], farthest);
  const second = largest((c) => c === farthest ? -1 : away[c]);
  put(d > 1 ? away[second] : 0, d > 1 ? second : -1);
  put(Math.sqrt(mean((c) => (now[c] - average) ** 2)));
  put(mean((c) => away[c] > 3 ? 1 : 0));

  most((c) => Math.abs(all[c].mean));
  put(mean((c) => Math.abs(all[c].mean)));
  const octaves = (x: number, usual: number) => Math.log2(Math.max(x, LEAST / 10) / usual);
  const spread = all.map((s, c) => octaves(s.spread, baselines[c].spread));
  most((c) => spread[c]);
  const calm = largest((c) => -spread[c]);
  put(spread[calm], calm);
  put(mean((c) => spread[c]));
  most((c) => all[c].range);
  const step = all.map((s, c) => octaves(s.step, baselines[c].step));
  most((c) => step[c]);
  const still = largest((c) => -step[c]);
  put(step[still], still);
  most((c) => all[c].largestStep / baselines[c].step);
  most((c) => Math.abs(all[c].slope));
  put(mean((c) => Math.abs(all[c].slope)));
  most((c) => Math.abs(all[c].skewness));
  most((c) => all[c].kurtosis);
  most((c) => Math.abs(all[c].memory - baselines[c].memory));
  most((c) => Math.abs(all[c].crossings - baselines[c].crossings));
  put(Math.log1p(distance.tSquared));
  put(Math.log1p(distance.q));
  put(Math.log1p(distance.ratio));
  most((c) => Math.abs(all[c].coupling - baselines[c].coupling));
  return { values, sensor };
}

function shapes(window: Window): Shape[] {
  const { columns: d, together } = window;
  return Array.from({ length: d }, (_, c) => shapeOf(window.scoresOf(c), together, d - 1));
}

/** `together` is the sum of the sensor and `others` more. */
function shapeOf(z: Float64Array, together: Float64Array, others: number): Shape {
  const n = z.length, share = others > 0 ? 1 / others : 0;
  let sum = 0, all = 0, min = z[0], max = z[0];
  for (let i = 0; i < n; i++) {
    const x = z[i];
    sum += x;
    all += together[i];
    if (x < min) min = x;
    if (x > max) max = x;
  }
  const mean = sum / n, otherMean = (all - sum) * share / n;
  let m2 = 0, m3 = 0, m4 = 0, lag = 0, trend = 0, other2 = 0, cross = 0;
  let steps = 0, largestStep = 0, crossings = 0, before = z[0] - mean;
  const middle = (n - 1) / 2;
  for (let i = 0; i < n; i++) {
    const u = z[i] - mean, w = (together[i] - z[i]) * share - otherMean, u2 = u * u;
    m2 += u2;
    m3 += u2 * u;
    m4 += u2 * u2;
    other2 += w * w;
    cross += u * w;
    trend += (i - middle) * u;
    if (i === 0) continue;
    const product = u * before, step = Math.abs(u - before);
    lag += product;
    steps += step;
    if (step > largestStep) largestStep = step;
    if (product < 0) crossings++;
    before = u;
  }
  const varies = m2 > 1e-12 * n;
  const variance = m2 / n;
  return {
    mean,
    spread: Math.sqrt(variance),
    range: max - min,
    step: steps / (n - 1),
    largestStep,
    // Change over the whole window along the least-squares line.
    slope: 12 * trend / (n * n * n) * n,
    skewness: varies ? m3 / n / variance ** 1.5 : 0,
    kurtosis: varies ? m4 / n / variance ** 2 - 3 : 0,
    memory: varies ? lag / m2 : 0,
    crossings: crossings / (n - 1),
    coupling: varies && other2 > 1e-12 * n ? cross / Math.sqrt(m2 * other2) : 0,
  };
}

function limited(x: number, by: number): number {
  return x > by ? by : x < -by ? -by : x;
}
