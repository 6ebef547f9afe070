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
import { beyond, MONITOR_ALARM, type Tail, tailOf } from "./held_out.ts";
import { columnOf, robustSpread } from "./linalg.ts";
import { jumps, looks, motionsHeldOut, NEAR, placesHeldOut, scored, traces } from "./traces.ts";
import { shares, standard, Whitening } from "./whitening.ts";

/** Added to each variance, and more for many sensors on few rows: little trust in relations. */
const PLACE_RIDGE = { always: 0.1, scarcity: 0.25 };
const MOTION_RIDGE = { always: 0.02, scarcity: 0.05 };
/** A place that training has seen so many times over is known by half. */
const LOOKS = 20;
/** Width of the tail that one sensor has. */
const PLACE_WIDTH = 1.65, MOTION_WIDTH = 0.8;
/** The usual place follows within this many lengths of the training, by so many scores at most. */
const FOLLOWS = 1, FOLLOWS_BY = 3;
/** A row's motion counts for so many times an alarm's at most, so that one row of `smooth` is never one. */
const ROW_MOST = 6;
/** So many wild values in a row are not heard; the next one is where the sensor is now. */
const WILD_ROWS = 2;

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
    /** How far each sensor may jump, in standard scores. */
    readonly jump: Float64Array,
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
      jumps(motion, rows, columns),
    );
  }

  write(w: StateWriter): void {
    w.u32(this.columns).u32(this.smooth).u32(this.trainedRows).f64s(this.centre).f64s(this.scale);
    this.place.write(w);
    this.motion.write(w);
    for (const { middle, width, limit } of [this.placeTail, this.motionTail]) {
      w.f64(middle, width, limit);
    }
    w.f64s(this.jump);
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
    const tails = [tail(), tail()] as const, jump = r.f64s(new Float64Array(columns));
    return new Monitor(columns, smooth, trainedRows, centre, scale, place, motion, ...tails, jump);
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
  /** Wild values of each sensor in a row. */
  readonly #wild: Uint32Array;
  /** The most that a row's motion counts for. */
  readonly #most: number;
  readonly #place: Float64Array;
  readonly #motion: Float64Array;

  constructor(readonly monitor: Monitor) {
    const { columns, place, motionTail } = monitor;
    this.smoothed = place.centre.slice();
    this.#near = place.centre.slice();
    this.shift = new Float64Array(columns);
    this.#unrest = new Float64Array(columns).fill(1);
    this.#lively = Math.exp(2 * motionTail.middle);
    this.#wild = new Uint32Array(columns);
    this.#most = ROW_MOST * Math.exp(2 * (motionTail.middle + MONITOR_ALARM * motionTail.width));
    this.#place = new Float64Array(columns);
    this.#motion = new Float64Array(columns);
  }

  /**
   * The row without wild values: one or two of them are a glitch, and leave their sensor where it was. What stays
   * there has moved at once, which is a matter of place.
   */
  heard(row: Float64Array): Float64Array {
    const { columns, centre, scale, jump } = this.monitor;
    let heard = row;
    for (let c = 0; c < columns; c++) {
      if (!Number.isFinite(row[c])) continue;
      const z = standard(row[c], centre[c], scale[c]);
      if (Math.abs(z - this.#near[c]) <= jump[c]) this.#wild[c] = 0;
      else if (++this.#wild[c] > WILD_ROWS) {
        this.#wild[c] = 0;
        this.#near[c] = z;
      } else {
        if (heard === row) heard = row.slice();
        heard[c] = NaN;
      }
    }
    return heard;
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
    const lively = Math.min(this.#most, motion.squared(this.#motion).squared);
    this.#lively += (lively - this.#lively) / smooth;
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
    for (const wild of this.#wild) w.u32(wild);
  }

  read(r: StateReader): void {
    for (const list of [this.smoothed, this.shift, this.#near, this.#unrest]) r.f64s(list);
    this.#lively = r.f64();
    for (let c = 0; c < this.#wild.length; c++) this.#wild[c] = r.u32();
  }
}
