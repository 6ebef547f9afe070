/**
 * Where a machine is, and how it moves. Two whitened distances of the same sensors, side by side:
 *
 * - **place**: of the smoothed rows, from where training was: shifts, also those that no sensor
 *   shows alone;
 * - **motion**: of each row from the last few, smoothed afterwards: unrest, and sensors that no
 *   longer move together; it does not care where the machine is.
 *
 * Both are judged by the tail of what training rows reached that did not teach (`held_out.ts`). A
 * sensor that hardly turned around in training says little about its range by it, so its place
 * counts for less; and where the machine is when nothing is unusual becomes its usual place, slowly
 * and within bounds.
 */
import { StateError, type StateReader, type StateWriter } from "../bytes.ts";
import { beyond, heldOut, type Tail, tailOf } from "./held_out.ts";
import { columnOf, robustSpread } from "./linalg.ts";
import { shares, standard, Whitening } from "./whitening.ts";

/** Added to each variance, and more for many sensors on few rows: little trust in relations. */
const PLACE_RIDGE = { always: 0.1, scarcity: 0.25 };
const MOTION_RIDGE = { always: 0.02, scarcity: 0.05 };
/** A place that training has seen so many times over is known by half. */
const LOOKS = 20;
/** Memory of what a row's motion is taken from, rows. */
const NEAR = 5;
/** Width of the tail that one sensor has. */
const PLACE_WIDTH = 1.65, MOTION_WIDTH = 0.8;
/** The usual place follows within this many lengths of the training, by so many scores at most. */
const FOLLOWS = 1, FOLLOWS_BY = 3;
/** Rows of a block that its smoothed motion needs before it counts. */
const WARM = 3;

export interface Distance {
  /** Distance of the place over the one that 1 % of training rows exceeded. */
  ratio: number;
  /** Mean squared distance per sensor, and its two parts. */
  squared: number;
  tSquared: number;
  q: number;
}

export class Monitor {
  constructor(
    readonly columns: number,
    readonly smooth: number,
    readonly trainedRows: number,
    readonly centre: Float64Array,
    readonly scale: Float64Array,
    readonly place: Whitening,
    readonly motion: Whitening,
    readonly placeTail: Tail,
    readonly motionTail: Tail,
  ) {}

  /** Learns from `rows` rows of usual operation, all finite. */
  static fit(data: Float64Array, rows: number, columns: number, smooth: number): Monitor {
    const centre = new Float64Array(columns), scale = new Float64Array(columns);
    const unsure = new Float64Array(columns);
    for (let c = 0; c < columns; c++) {
      const values = columnOf(data, rows, columns, c);
      const spread = robustSpread(values);
      centre[c] = spread.centre;
      scale[c] = Math.max(spread.scale, 1e-6 * Math.abs(spread.centre) || 1e-12);
      unsure[c] = LOOKS / looks(values);
    }
    const { smoothed, motion } = traces(data, rows, columns, { centre, scale, smooth });
    const widened =
      (ridge: typeof PLACE_RIDGE, memory: number, more?: Float64Array) => (n: number) =>
        Float64Array.from(
          { length: columns },
          (_, c) => ridge.always + ridge.scarcity * columns * memory / n + (more?.[c] ?? 0),
        );
    const forPlace = widened(PLACE_RIDGE, smooth, unsure), forMotion = widened(MOTION_RIDGE, 1);
    const from = Math.min(smooth, rows >> 2);
    const place = Whitening.fit(smoothed, rows, columns, {
      from,
      widened: forPlace(rows - from),
      least: 0.02,
    });
    const moving = Whitening.fit(motion, rows, columns, {
      from: 1,
      widened: forMotion(rows - 1),
      least: 1e-3,
    });
    const placeTail = tailOf(
      placesHeldOut(scored(smoothed, place), rows, columns, from, forPlace),
      { columns, rows, expected: PLACE_WIDTH },
    );
    const motionTail = tailOf(
      motionsHeldOut(scored(motion, moving), rows, columns, from, forMotion, smooth),
      { columns, rows, expected: MOTION_WIDTH },
    );
    return new Monitor(
      columns,
      smooth,
      rows,
      centre,
      scale,
      place,
      moving,
      placeTail,
      motionTail,
    );
  }

  write(w: StateWriter): void {
    w.u32(this.columns).u32(this.smooth).u32(this.trainedRows).f64s(this.centre).f64s(this.scale);
    this.place.write(w);
    this.motion.write(w);
    for (const { middle, width, limit } of [this.placeTail, this.motionTail]) {
      w.f64(middle, width, limit);
    }
  }

  static read(r: StateReader): Monitor {
    const columns = r.u32(), smooth = r.u32(), trainedRows = r.u32();
    if (columns > 4096 || smooth < 1) throw new StateError("machine model is damaged");
    const centre = r.f64s(new Float64Array(columns)), scale = r.f64s(new Float64Array(columns));
    const place = Whitening.read(r), motion = Whitening.read(r);
    const tail = (): Tail => ({ middle: r.f64(), width: r.f64(), limit: r.f64() });
    if (place.columns !== columns || motion.columns !== columns) {
      throw new StateError("machine model is damaged");
    }
    return new Monitor(columns, smooth, trainedRows, centre, scale, place, motion, tail(), tail());
  }
}

/** What a monitor makes of a row. */
export interface Seen {
  place: Distance;
  /** Over the middle of the tail, 1 where 1 % is expected; the larger of place and motion. */
  beyond: number;
  /** It is the motion that is farther beyond. */
  restless: boolean;
}

/** Follows a machine row by row. */
export class Pursuit {
  readonly smoothed: Float64Array;
  /** How far the usual place has gone since training, in standard scores. */
  readonly shift: Float64Array;
  readonly #near: Float64Array;
  /** Smoothed squared motion of each sensor, and of all. */
  readonly #unrest: Float64Array;
  #lively: number;
  readonly #place: Float64Array;
  readonly #motion: Float64Array;

  constructor(readonly monitor: Monitor) {
    const { columns, place, motionTail } = monitor;
    this.smoothed = place.centre.slice();
    this.#near = place.centre.slice();
    this.shift = new Float64Array(columns);
    this.#unrest = new Float64Array(columns).fill(1);
    this.#lively = Math.exp(2 * motionTail.middle);
    this.#place = new Float64Array(columns);
    this.#motion = new Float64Array(columns);
  }

  /** Numbers that are not finite leave their sensor where it was. */
  take(row: Float64Array, from = 0): Seen {
    const { monitor, smoothed, shift } = this;
    const { columns, smooth, centre, scale, motion } = monitor;
    for (let c = 0; c < columns; c++) {
      const x = row[from + c];
      if (!Number.isFinite(x)) {
        this.#motion[c] = NaN;
        continue;
      }
      const z = standard(x, centre[c], scale[c]);
      const moved = z - this.#near[c];
      this.#motion[c] = moved;
      this.#near[c] += moved / NEAR;
      this.#unrest[c] += ((moved / motion.scale[c]) ** 2 - this.#unrest[c]) / smooth;
      smoothed[c] += (z - smoothed[c]) / smooth;
    }
    for (let c = 0; c < columns; c++) this.#place[c] = smoothed[c] - shift[c];
    this.#lively += (motion.squared(this.#motion).squared - this.#lively) / smooth;
    const { squared, tSquared } = monitor.place.squared(this.#place);
    const place = beyond(monitor.placeTail, squared);
    const moving = beyond(monitor.motionTail, this.#lively);
    return {
      place: {
        ratio: Math.sqrt(squared) / monitor.placeTail.limit,
        squared,
        tSquared,
        q: squared - tSquared,
      },
      beyond: Math.max(place, moving),
      restless: moving > place,
    };
  }

  /** Where the machine is now is a little more usual than before. */
  follow(): void {
    const { trainedRows, place } = this.monitor;
    const share = 1 / Math.max(1, FOLLOWS * trainedRows);
    this.shift.forEach((x, c) => {
      const to = x + share * (this.smoothed[c] - place.centre[c] - x);
      this.shift[c] = Math.max(-FOLLOWS_BY, Math.min(FOLLOWS_BY, to));
    });
  }

  /** Each sensor's share of what is unusual now. */
  contributions(restless: boolean): Float64Array {
    const { monitor } = this;
    if (!restless) return monitor.place.contributions(this.#place);
    const more = shares(this.#unrest.map((x) => x - 1));
    return more.some((x) => x > 0) ? more : monitor.motion.contributions(this.#motion);
  }

  write(w: StateWriter): void {
    w.f64s(this.smoothed).f64s(this.shift).f64s(this.#near).f64s(this.#unrest).f64(this.#lively);
  }

  read(r: StateReader): void {
    for (const list of [this.smoothed, this.shift, this.#near, this.#unrest]) r.f64s(list);
    this.#lively = r.f64();
  }
}

/** How many times a sensor has been through its range, as if rows were independent. */
function looks(values: Float64Array): number {
  const n = values.length, mean = values.reduce((a, b) => a + b, 0) / n;
  let variance = 0, steps = 0;
  for (let r = 0; r < n; r++) {
    variance += (values[r] - mean) ** 2;
    if (r > 0) steps += (values[r] - values[r - 1]) ** 2;
  }
  return Math.max(1, variance > 0 ? Math.min(n, n * steps / variance / 4) : 1);
}

/** Smoothed rows, and what each row moved by. */
function traces(
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
function scored(table: Float64Array, { columns, centre, scale }: Whitening): Float64Array {
  return table.map((x, i) => standard(x, centre[i % columns], scale[i % columns]));
}

type Widened = (rows: number) => Float64Array;

function placesHeldOut(
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

function motionsHeldOut(
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
