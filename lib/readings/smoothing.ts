/**
 * DESIGN. One prediction for most of what sensors do: x is expected `phi` of its way from the middle, plus
 * `theta` of how wrong the expectation before was (an ARMA(1, 1) of statistics). phi 0: noise about a level;
 * phi 1: a walk; phi 1 with theta near −1: noise on a level that moves; phi between: noise with a memory. Both
 * are fitted to the column (by its correlation over one and two steps) and stored as 256ths. Encoder and decoder
 * do the same operations of IEEE 754 in the same order, so they agree to the last bit.
 */

export interface Smoothing {
  /** In 256ths, −256 … 256. */
  phi: number;
  /** In 256ths, −`MOST_THETA` … `MOST_THETA`. */
  theta: number;
}

const UNIT = 256;
const HALF = UNIT / 2;
/** Nothing overflows below this. */
const MOST_FAR = 2 ** 21;
export const MOST_PHI = UNIT;
/** Nearer to one, an error of the expectation would last for more readings than a chunk has. */
export const MOST_THETA = 252;
/** Correlations below are chance. */
const LEAST_CORRELATION = 0.02;

/** The coefficients that fit whole numbers best, `middle` being about their mean. */
export function fitSmoothing(numbers: Float64Array, middle: number): Smoothing {
  let [square, one, two] = [0, 0, 0];
  let before = 0;
  let twoBefore = 0;
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i] - middle;
    square += x * x;
    one += x * before;
    two += x * twoBefore;
    twoBefore = before;
    before = x;
  }
  const phi = Math.abs(one) < LEAST_CORRELATION * square || one === 0
    ? 0
    : Math.round(UNIT * Math.max(-1, Math.min(1, two / one)));
  return { phi, theta: fitTheta(phi / UNIT, square, one, two) };
}

/** What is left when `phi` is taken out is correlated over one step by theta / (1 + theta²). */
function fitTheta(phi: number, square: number, one: number, two: number): number {
  const left = square * (1 + phi * phi) - 2 * phi * one;
  const correlation = left > 0 ? (one * (1 + phi * phi) - phi * (square + two)) / left : 0;
  if (Math.abs(correlation) < LEAST_CORRELATION) return 0;
  const root = Math.sqrt(Math.max(0, 1 - 4 * correlation * correlation));
  const theta = Math.round(UNIT * (1 - root) / (2 * correlation));
  return Math.max(-MOST_THETA, Math.min(MOST_THETA, theta));
}

/** How far each number is from what is expected of it; null where that is too far, or a number is from `base`. */
export function smoothed(
  numbers: Float64Array,
  base: number,
  { phi, theta }: Smoothing,
): Float64Array | null {
  const residuals = new Float64Array(numbers.length);
  let expected = HALF;
  for (let i = 0; i < numbers.length; i++) {
    const above = numbers[i] - base;
    const residual = above - (expected >> 8);
    if (!(Math.abs(above) < MOST_FAR && Math.abs(residual) < MOST_FAR)) return null;
    residuals[i] = residual;
    expected = expectedNext(expected, above, residual, phi, theta);
  }
  return residuals;
}

/** The numbers that left these residuals. */
export function unsmoothed(
  residuals: Int32Array,
  base: number,
  { phi, theta }: Smoothing,
): Float64Array {
  const numbers = new Float64Array(residuals.length);
  let expected = HALF;
  for (let i = 0; i < numbers.length; i++) {
    const residual = residuals[i];
    const above = (residual + (expected >> 8)) | 0;
    numbers[i] = above + base;
    expected = expectedNext(expected, above, residual, phi, theta);
  }
  return numbers;
}

/**
 * What is expected above the base next, in 256ths and with a half more, so that rounding is cutting off: `phi` of
 * the number, and `theta` of how far it was from what was expected before, the part of that which was cut off
 * included.
 */
function expectedNext(
  expected: number,
  above: number,
  residual: number,
  phi: number,
  theta: number,
): number {
  const cutOff = Math.imul(theta, HALF - (expected & (UNIT - 1))) >> 8;
  return (HALF + Math.imul(phi, above) + Math.imul(theta, residual) + cutOff) | 0;
}
