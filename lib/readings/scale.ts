/**
 * Decimal scaling: most sensors send numbers with few decimals, and 21.53 is 2153 × 10⁻² exactly.
 * "Exactly" means that `mantissa / 10^exponent` is bit for bit the same double; what is not (−0,
 * 1e-300, thirds) travels as raw float64.
 */

/** Largest exponent tried: values with more decimals are raw. */
export const MAX_EXPONENT = 12;
/** Stands in place of an exponent where the value is a raw float64. */
export const RAW = 15;
/** Mantissas stay below 2^51: their zigzag codes are exact in a double. */
const MAX_MANTISSA = 2 ** 51;

export const POW10: Float64Array = Float64Array.from(
  { length: MAX_EXPONENT + 1 },
  (_, i) => 10 ** i,
);

/** Mantissa of `value` at `exponent`, or NaN when `value` is not exactly that decimal. */
export function mantissaAt(value: number, exponent: number): number {
  const scale = POW10[exponent];
  const mantissa = Math.round(value * scale);
  if (mantissa / scale !== value || mantissa > MAX_MANTISSA || mantissa < -MAX_MANTISSA) return NaN;
  // −0 compares equal to 0 but is another bit pattern.
  return mantissa === 0 && 1 / value < 0 ? NaN : mantissa;
}

/**
 * Smallest exponent ≥ `hint` at which `value` is exact, else the smallest at all, else `RAW`.
 * `hint` keeps one exponent for a whole column of a sensor.
 */
export function exponentOf(value: number, hint: number): number {
  if (hint !== RAW) {
    for (let e = hint; e <= MAX_EXPONENT; e++) if (!Number.isNaN(mantissaAt(value, e))) return e;
  }
  for (let e = 0; e < hint && e <= MAX_EXPONENT; e++) {
    if (!Number.isNaN(mantissaAt(value, e))) return e;
  }
  return RAW;
}
