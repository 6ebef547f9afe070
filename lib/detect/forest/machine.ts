/**
 * The model of one machine: the monitor (T² and Q of where it is and of how it moves) and an
 * isolation forest over the 25 features, side by side. The monitor is the better judge on industrial
 * data, the forest also sees windows that are odd in shape only; a prediction is as odd as the odder
 * of the two says, once that lasts.
 */
import { StateError, StateReader, StateWriter } from "../bytes.ts";
import {
  type Baseline,
  FEATURE_COUNT,
  type FeatureRow,
  featuresOf,
  learnBaselines,
  Window,
} from "./features.ts";
import { IsolationForest } from "./isolation.ts";
import { MONITOR_ALARM } from "./held_out.ts";
import { Lasting } from "./lasting.ts";
import { columnOf, quantile } from "./linalg.ts";
import { type Distance, Monitor, Pursuit } from "./monitor.ts";

const NAME = "machine-model";
const WATCH = "machine-watch";
/** 2: the monitor in place of one whitened distance; 3: how far sensors jump. Older models are trained again. */
const VERSION = 3;
/** Excess of the forest over its usual score that scores 0.5, over the excess 1 % of training had. */
export const FOREST_ALARM = 2.5;
const TRAINING_VECTORS = 2000;

export interface MachineOptions {
  /** Rows of the feature window. */
  readonly window: number;
  /** Memory of the monitor's smoothing, rows. */
  readonly smooth: number;
  readonly trees: number;
  readonly seed: number;
}
export const MACHINE_DEFAULTS: MachineOptions = { window: 60, smooth: 12, trees: 100, seed: 1 };

/** Normal range of a number: its 1st, 50th and 99th hundredth in training. */
export interface Range {
  low: number;
  middle: number;
  high: number;
}

export interface MachineModel {
  readonly sensors: readonly string[];
  readonly window: number;
  readonly trainedRows: number;
  readonly baselines: readonly Baseline[];
  readonly monitor: Monitor;
  readonly forest: IsolationForest;
  readonly featureRanges: readonly Range[];
  readonly sensorRanges: readonly Range[];
  /** Of the forest's own scores in training. */
  readonly forestRange: Range;
}

/** Everything a prediction is made of. */
export interface Judgement {
  /** 0..1; 0.5 is where a warning begins. */
  score: number;
  /** What this row asks for by itself: 1 is a warning. */
  evidence: number;
  distance: Distance;
  /** Forest score as published, and over its usual range. */
  forest: number;
  forestRatio: number;
  features: FeatureRow;
  /** What the monitor says most: how the machine moves, else where it is. */
  restless: boolean;
  row: Float64Array;
  /** Each sensor's share of what the monitor says. */
  shares: Float64Array;
}

/** Rows that training needs at least. */
export function rowsNeeded(options: Partial<MachineOptions> = {}): number {
  return 4 * (options.window ?? MACHINE_DEFAULTS.window);
}

/**
 * Learns from rows of usual operation, row by row in `data`. Numbers that are not finite are
 * filled with the sensor's previous value. Throws `RangeError` with a sentence when the data
 * cannot teach anything.
 */
export function trainMachine(
  sensors: readonly string[],
  data: Float64Array,
  rows: number,
  options: Partial<MachineOptions> = {},
): MachineModel {
  const { window: length, smooth, trees, seed } = { ...MACHINE_DEFAULTS, ...options };
  const d = sensors.length;
  if (d < 1) throw new RangeError("a machine needs at least one sensor to be trained");
  const needed = rowsNeeded(options);
  if (rows < needed) {
    throw new RangeError(`training needs at least ${needed} rows, there are ${rows}`);
  }
  const filled = fill(data, rows, d);
  if (filled.every((x, i) => i < d || x === filled[i % d])) {
    throw new RangeError("every sensor is constant in the training rows: nothing can be learned");
  }
  const monitor = Monitor.fit(filled, rows, d, smooth);
  const baselines = learnBaselines(filled, rows, d, length);
  const stride = Math.max(1, Math.ceil((rows - length) / TRAINING_VECTORS));
  const pursuit = new Pursuit(monitor);
  const window = new Window(d, length, baselines);
  const vectors: Float64Array[] = [];
  for (let r = 0; r < rows; r++) {
    const { place } = pursuit.take(filled, r * d);
    window.push(filled, r * d);
    if (!window.full || (r - length + 1) % stride !== 0) continue;
    vectors.push(featuresOf(window, baselines, place).values);
  }
  const table = new Float64Array(vectors.length * FEATURE_COUNT);
  vectors.forEach((v, i) => table.set(v, i * FEATURE_COUNT));
  const forest = IsolationForest.fit(table, vectors.length, FEATURE_COUNT, { trees, seed });
  return {
    sensors: [...sensors],
    window: length,
    trainedRows: rows,
    baselines,
    monitor,
    forest,
    featureRanges: ranges(table, vectors.length, FEATURE_COUNT),
    sensorRanges: ranges(filled, rows, d),
    forestRange: rangeOf(forest.score(table, vectors.length)),
  };
}

/** Follows a machine row by row with its model. */
export class MachineWatch {
  readonly #pursuit: Pursuit;
  readonly #window: Window;
  readonly #usual: Float64Array;
  readonly #alarm = new Lasting();

  constructor(readonly model: MachineModel) {
    this.#pursuit = new Pursuit(model.monitor);
    this.#window = new Window(model.sensors.length, model.window, model.baselines);
    this.#usual = new Float64Array(model.sensors.length);
  }

  /** What the watch has seen, to continue from with the same model. */
  save(): Uint8Array {
    const w = this.#window;
    const writer = new StateWriter(WATCH, VERSION, 64 + 8 * w.rows.length);
    this.#pursuit.write(writer);
    return writer.u32(this.#alarm.asking).u8(this.#alarm.calling ? 1 : 0)
      .u32(w.count).u32(w.next).f64s(w.rows).done();
  }

  /** Throws `StateError` when the bytes are not of a watch over as many sensors and rows. */
  static load(model: MachineModel, bytes: Uint8Array): MachineWatch {
    const r = new StateReader(bytes, WATCH, VERSION);
    const watch = new MachineWatch(model), w = watch.#window;
    watch.#pursuit.read(r);
    watch.#alarm.asking = r.u32();
    watch.#alarm.calling = r.u8() === 1;
    const count = r.u32(), next = r.u32();
    r.f64s(w.rows);
    w.restore(count, next);
    r.end();
    return watch;
  }

  /** How far each sensor's usual place has gone since training, in standard scores. */
  get shift(): readonly number[] {
    return [...this.#pursuit.shift];
  }

  /** Begins where a watch over the same model was; of another length it is no shift of this model. */
  startFrom(shift: readonly number[]): void {
    if (shift.length === this.model.sensors.length) this.#pursuit.shift.set(shift);
  }

  /** Judges the row, or null while the window is still filling. */
  take(row: Float64Array): Judgement | null {
    const { model } = this;
    const pursuit = this.#pursuit;
    const heard = pursuit.heard(row), seen = pursuit.take(heard);
    for (let c = 0; c < row.length; c++) {
      this.#usual[c] = heard[c] - pursuit.shift[c] * model.monitor.scale[c];
    }
    this.#window.push(this.#usual);
    if (!this.#window.full) return null;
    const features = featuresOf(this.#window, model.baselines, seen.place);
    const forest = model.forest.score(features.values, 1)[0];
    const forestRatio = excess(forest, model.forestRange);
    const evidence = Math.max(seen.beyond / MONITOR_ALARM, forestRatio / FOREST_ALARM, 0);
    if (evidence < 1) pursuit.follow();
    const lasting = this.#alarm.take(evidence);
    return {
      score: lasting / (lasting + 1),
      evidence,
      distance: seen.place,
      forest,
      forestRatio,
      features,
      restless: seen.restless,
      row: row.slice(),
      shares: pursuit.contributions(seen.restless),
    };
  }
}

/** How far above the middle, in units of how far 1 % of training was. Never negative. */
export function excess(x: number, range: Range): number {
  return Math.max(0, (x - range.middle) / Math.max(range.high - range.middle, 1e-6));
}

function fill(data: Float64Array, rows: number, columns: number): Float64Array {
  const out = data.slice(0, rows * columns);
  for (let c = 0; c < columns; c++) {
    const first = columnOf(out, rows, columns, c).find(Number.isFinite) ?? 0;
    for (let r = 0, held = first; r < rows; r++) {
      if (Number.isFinite(out[r * columns + c])) held = out[r * columns + c];
      else out[r * columns + c] = held;
    }
  }
  return out;
}

function ranges(data: Float64Array, rows: number, columns: number): Range[] {
  return Array.from({ length: columns }, (_, c) => rangeOf(columnOf(data, rows, columns, c)));
}

function rangeOf(values: Float64Array): Range {
  const sorted = values.slice().sort();
  return {
    low: quantile(sorted, 0.01),
    middle: quantile(sorted, 0.5),
    high: quantile(sorted, 0.99),
  };
}

export function saveMachine(model: MachineModel): Uint8Array {
  const w = new StateWriter(NAME, VERSION, 100_000);
  w.u32(model.sensors.length).u32(model.window).u32(model.trainedRows);
  for (const name of model.sensors) w.text(name);
  for (const b of model.baselines) {
    w.f64(b.centre, b.scale, b.spread, b.step, b.memory, b.crossings, b.coupling);
  }
  const put = (r: Range) => w.f64(r.low, r.middle, r.high);
  model.featureRanges.forEach(put);
  model.sensorRanges.forEach(put);
  put(model.forestRange);
  model.monitor.write(w);
  return w.bytes(model.forest.save()).done();
}

/** Throws `StateError` when the bytes are not a model of this version. */
export function loadMachine(bytes: Uint8Array): MachineModel {
  const r = new StateReader(bytes, NAME, VERSION);
  const d = r.u32(), window = r.u32(), trainedRows = r.u32();
  if (d < 1 || d > 4096 || window < 2 || window > 100_000) {
    throw new StateError("machine model is damaged");
  }
  const sensors = Array.from({ length: d }, () => r.text());
  const baselines = Array.from({ length: d }, (): Baseline => ({
    centre: r.f64(),
    scale: r.f64(),
    spread: r.f64(),
    step: r.f64(),
    memory: r.f64(),
    crossings: r.f64(),
    coupling: r.f64(),
  }));
  const range = (): Range => ({ low: r.f64(), middle: r.f64(), high: r.f64() });
  const featureRanges = Array.from({ length: FEATURE_COUNT }, range);
  const sensorRanges = Array.from({ length: d }, range);
  const forestRange = range();
  const monitor = Monitor.read(r);
  const forest = IsolationForest.load(r.bytes());
  r.end();
  if (monitor.columns !== d || forest.columns !== FEATURE_COUNT) {
    throw new StateError("machine model is damaged");
  }
  return {
    sensors,
    window,
    trainedRows,
    baselines,
    monitor,
    forest,
    featureRanges,
    sensorRanges,
    forestRange,
  };
}
