/**
 * DESIGN. A column of whole numbers becomes *residuals* against a prediction, zigzag-coded, cut into byte
 * planes (all lowest bytes, then all second bytes, …), each plane compressed by itself: noise fills the
 * lowest plane and the rest is nearly constant, which an entropy coder handles best with a table per plane.
 * The lowest bits of wide noise are noise alone: where it pays, they stand as they are, and the planes begin above
 * them. Else tables are large, and what is more than a byte wide fills one plane and half of the next, without what
 * one says of the other.
 * Some predictions are tried and the one with the smallest estimated size is used.
 */
import { MOST_BITS, readBits, writeBits } from "./bits.ts";
import { type ByteReader, type ByteWriter, FormatError } from "./bytes.ts";
import { entropyBits, planeOf, readPlane, writePlane } from "./planes.ts";
import {
  fitSmoothing,
  MOST_PHI,
  MOST_THETA,
  smoothed,
  type Smoothing,
  unsmoothed,
} from "./smoothing.ts";

/** How a number is predicted from those before it. */
export const PREDICT_LEVEL = 0;
export const PREDICT_PREVIOUS = 1;
export const PREDICT_SLOPE = 2;
export const PREDICT_GRID = 3;
export const PREDICT_MEAN = 4;
export const PREDICT_SMOOTH = 5;
export type Predictor = 0 | 1 | 2 | 3 | 4 | 5;

/** `PREDICT_MEAN` is the mean of this many numbers before: noise on a slowly moving level. */
const MEAN_OF = 8;
/** Sums of `MEAN_OF` numbers up to here are exact. */
const MEAN_MOST = 2 ** 43;

/** Smoothing takes longer to decode than `PREDICT_PREVIOUS`: for less than this nobody should wait. */
const SMOOTH_COSTS = 1.003;

/** In the byte that says how many planes there are, seven at most: how many bits stand below them. */
const PLANES_MASK = 7;
const LOW_SHIFT = 3;
/** Above the lowest bits, codes have about this mean: few kinds of bytes, so that the table of a plane is small. */
const LOW_MEAN = 10;
/** What lowest bits by themselves must come to, as they take time, too. */
const LOW_GAINS = 0.998;
/** Codes up to here are small integers of the engine. */
const MOST_SMALL = 2 ** 30;

/** Appends whole numbers (|x| < 2^51; with `PREDICT_SLOPE` or `PREDICT_GRID` |x| < 2^43). */
export function writeWholes(
  out: ByteWriter,
  numbers: Float64Array,
  predictors: readonly Predictor[],
): void {
  let best: Residuals | null = null;
  for (const predictor of predictors) {
    if (predictor === PREDICT_MEAN && !allWithin(numbers, MEAN_MOST)) continue;
    const residuals = residualsOf(numbers, predictor);
    if (residuals === null) continue;
    if (predictor === PREDICT_SMOOTH) residuals.bits *= SMOOTH_COSTS;
    if (best === null || residuals.bits < best.bits) best = residuals;
  }
  const { predictor, base, step, smoothing } = best!;
  const { low, planes, codes } = withLowBits(best!);
  out.u8(predictor);
  out.zigzag(base);
  out.zigzag(step);
  if (predictor === PREDICT_SMOOTH) {
    out.zigzag(smoothing!.phi);
    out.zigzag(smoothing!.theta);
  }
  out.u8(planes | low << LOW_SHIFT);
  writeBits(out, best!.codes, low);
  for (let p = 0; p < planes; p++) writePlane(out, planeOf(codes, p));
}

/** Zigzag codes, and what they take when they are cut into planes. */
interface Planes {
  codes: Float64Array;
  planes: number;
  /** Estimated size. */
  bits: number;
}

interface Residuals extends Planes {
  predictor: Predictor;
  base: number;
  step: number;
  /** Of `PREDICT_SMOOTH`. */
  smoothing: Smoothing | null;
}

/** Null: the predictor does not reach so far. */
function residualsOf(numbers: Float64Array, predictor: Predictor): Residuals | null {
  const n = numbers.length;
  const isAboutMiddle = predictor === PREDICT_LEVEL || predictor === PREDICT_SMOOTH;
  const base = isAboutMiddle ? middleOf(numbers) : n > 0 ? numbers[0] : 0;
  const step = predictor === PREDICT_GRID && n > 1
    ? Math.round((numbers[n - 1] - numbers[0]) / (n - 1))
    : 0;
  if (predictor === PREDICT_SMOOTH) {
    const smoothing = fitSmoothing(numbers, base);
    const codes = smoothed(numbers, base, smoothing);
    if (codes === null) return null;
    return { predictor, base, step, smoothing, ...planesOf(zigzagged(codes)) };
  }
  const codes = new Float64Array(n);
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const prediction = predictor === PREDICT_MEAN
      ? meanBefore(sum, i, base)
      : predicted(numbers, i, predictor, base, step);
    sum += numbers[i] - (i >= MEAN_OF ? numbers[i - MEAN_OF] : 0);
    codes[i] = numbers[i] - prediction;
  }
  return { predictor, base, step, smoothing: null, ...planesOf(zigzagged(codes)) };
}

/** In place. */
function zigzagged(residuals: Float64Array): Float64Array {
  for (let i = 0; i < residuals.length; i++) {
    const residual = residuals[i];
    residuals[i] = residual >= 0 ? residual * 2 : -residual * 2 - 1;
  }
  return residuals;
}

function planesOf(codes: Float64Array): Planes {
  let most = 0;
  for (let i = 0; i < codes.length; i++) if (codes[i] > most) most = codes[i];
  let planes = 0;
  for (let rest = most; rest >= 1; rest /= 256) planes++;
  let bits = 0;
  for (let p = 0; p < planes; p++) bits += entropyBits(codes, p);
  return { codes, planes, bits };
}

/** The codes without as many of their lowest bits as make the whole smallest. */
function withLowBits(all: Planes): Planes & { low: number } {
  const { codes, bits } = all;
  const n = codes.length;
  let [sum, most] = [0, 0];
  for (let i = 0; i < n; i++) {
    sum += codes[i];
    if (codes[i] > most) most = codes[i];
  }
  const low = Math.min(MOST_BITS, Math.ceil(Math.log2(sum / n / LOW_MEAN)));
  if (!(low > 0) || most > MOST_SMALL) return { ...all, low: 0 };
  const rest = new Float64Array(n);
  for (let i = 0; i < n; i++) rest[i] = codes[i] >>> low;
  const above = planesOf(rest);
  return above.bits + n * low < LOW_GAINS * bits ? { ...above, low } : { ...all, low: 0 };
}

/** Prediction from the sum of the (up to) `MEAN_OF` numbers before number `i`. */
function meanBefore(sum: number, i: number, base: number): number {
  return i === 0 ? base : Math.round(sum / Math.min(i, MEAN_OF));
}

function allWithin(numbers: Float64Array, most: number): boolean {
  for (let i = 0; i < numbers.length; i++) if (Math.abs(numbers[i]) > most) return false;
  return true;
}

function predicted(
  numbers: Float64Array,
  i: number,
  predictor: Predictor,
  base: number,
  step: number,
): number {
  if (predictor === PREDICT_LEVEL) return base;
  if (predictor === PREDICT_GRID) return base + i * step;
  if (i === 0) return base;
  if (predictor === PREDICT_PREVIOUS || i === 1) return numbers[i - 1];
  return 2 * numbers[i - 1] - numbers[i - 2];
}

function middleOf(numbers: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i];
  return numbers.length === 0 ? 0 : Math.round(sum / numbers.length);
}

/** Reads `n` numbers that `writeWholes` wrote. */
export function readWholes(reader: ByteReader, n: number): Float64Array {
  const predictor = reader.u8();
  if (predictor > PREDICT_SMOOTH) throw new FormatError(`predictor ${predictor} is not known`);
  const base = reader.zigzag();
  const step = reader.zigzag();
  const smoothing = predictor === PREDICT_SMOOTH ? readSmoothing(reader) : null;
  const shape = reader.u8();
  const planes = shape & PLANES_MASK;
  const low = shape >> LOW_SHIFT;
  if (low > 0 && planes > SMALL_PLANES) throw new FormatError(`${planes} planes above bits`);
  if (smoothing !== null) {
    if (planes > SMALL_PLANES) throw new FormatError(`${planes} planes of smoothed numbers`);
    return unsmoothed(aboveBits(reader, n, planes, low), base, smoothing);
  }
  const residuals = low > 0
    ? aboveBits(reader, n, planes, low)
    : planes <= SMALL_PLANES
    ? smallResiduals(reader, n, planes)
    : largeResiduals(reader, n, planes);
  return undone(residuals, predictor as Predictor, base, step);
}

function readSmoothing(reader: ByteReader): Smoothing {
  const [phi, theta] = [reader.zigzag(), reader.zigzag()];
  if (Math.abs(phi) > MOST_PHI || Math.abs(theta) > MOST_THETA) {
    throw new FormatError(`the coefficients ${phi} and ${theta} are not known`);
  }
  return { phi, theta };
}

/** Codes of up to this many planes fit the engine's small integers. */
const SMALL_PLANES = 3;

function smallResiduals(reader: ByteReader, n: number, planes: number): Int32Array {
  return withPlanes(reader, new Int32Array(n), planes, 0);
}

/** Of codes below 2^31, the lowest bits of which stand by themselves. */
function aboveBits(reader: ByteReader, n: number, planes: number, low: number): Int32Array {
  const codes = new Int32Array(n);
  if (low > 0) readBits(reader, codes, low);
  return withPlanes(reader, codes, planes, low);
}

/** Adds planes above the lowest bits of codes, and makes residuals of them. */
function withPlanes(
  reader: ByteReader,
  codes: Int32Array,
  planes: number,
  low: number,
): Int32Array {
  const n = codes.length;
  for (let p = 0; p < planes - 1; p++) {
    const plane = readPlane(reader, n);
    const shift = low + 8 * p;
    for (let i = 0; i < n; i++) codes[i] |= plane[i] << shift;
  }
  const last = planes > 0 ? readPlane(reader, n) : new Uint8Array(n);
  const shift = low + 8 * (planes - 1);
  for (let i = 0; i < n; i++) {
    const code = codes[i] | last[i] << shift;
    codes[i] = (code >>> 1) ^ -(code & 1);
  }
  return codes;
}

function largeResiduals(reader: ByteReader, n: number, planes: number): Float64Array {
  const codes = new Float64Array(n);
  for (let p = 0; p < planes; p++) {
    const plane = readPlane(reader, n);
    const factor = 256 ** p;
    for (let i = 0; i < n; i++) codes[i] += plane[i] * factor;
  }
  for (let i = 0; i < n; i++) {
    codes[i] = codes[i] % 2 === 0 ? codes[i] / 2 : -(codes[i] + 1) / 2;
  }
  return codes;
}

/** The numbers whose predictions left `residuals`. */
function undone(
  residuals: Int32Array | Float64Array,
  predictor: Predictor,
  base: number,
  step: number,
): Float64Array {
  const n = residuals.length;
  const numbers = new Float64Array(n);
  // As `predicted` and `meanBefore` say; without a call and a choice per number it takes a fraction of the time.
  if (predictor === PREDICT_MEAN) {
    const begun = Math.min(n, MEAN_OF);
    let sum = 0;
    for (let i = 0; i < begun; i++) {
      numbers[i] = residuals[i] + meanBefore(sum, i, base);
      sum += numbers[i];
    }
    for (let i = begun; i < n; i++) {
      const number = residuals[i] + Math.round(sum / MEAN_OF);
      numbers[i] = number;
      sum += number - numbers[i - MEAN_OF];
    }
  } else if (predictor === PREDICT_SLOPE) {
    for (let i = 0; i < n; i++) {
      numbers[i] = residuals[i] +
        (i > 1 ? 2 * numbers[i - 1] - numbers[i - 2] : i === 1 ? numbers[0] : base);
    }
  } else if (predictor === PREDICT_PREVIOUS) {
    let before = base;
    for (let i = 0; i < n; i++) numbers[i] = before = residuals[i] + before;
  } else {
    const by = predictor === PREDICT_GRID ? step : 0;
    for (let i = 0; i < n; i++) numbers[i] = residuals[i] + (base + i * by);
  }
  return numbers;
}
