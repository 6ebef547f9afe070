/** Adding up what readings were summed up to. Pure; exact as long as all numbers are decimals that fit. */
import type { Sums } from "../minutes.ts";
import { POW10, RAW } from "../scale.ts";

/** Mantissas beyond this would not be exact in what is packed. */
const MOST_MANTISSA = 2 ** 51;

/** Those of `[from, to)`; the columns are views. */
export function between(sums: Sums, from: number, to: number): Sums {
  const [start, end] = [placeOf(sums.at, from), placeOf(sums.at, to)];
  return {
    exponent: sums.exponent,
    at: sums.at.subarray(start, end),
    n: sums.n.subarray(start, end),
    min: sums.min.subarray(start, end),
    max: sums.max.subarray(start, end),
    sum: sums.sum.subarray(start, end),
  };
}

function placeOf(at: Float64Array, unit: number): number {
  let low = 0;
  let high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle] < unit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many readings these stand for. */
export function countOf({ n }: Sums): number {
  return n.reduce((total, x) => total + x, 0);
}

/** Several parts as one, `perUnit` of their units to one of the result. */
export function addUp(parts: readonly Sums[], perUnit = 1): Sums {
  const exponent = exponentOfAll(parts);
  const units = new Map<number, number>();
  for (const { at } of parts) for (const unit of at) units.set(Math.floor(unit / perUnit), 0);
  const at = Float64Array.from(units.keys()).sort();
  at.forEach((unit, i) => units.set(unit, i));
  const k = at.length;
  const out: Sums = {
    exponent,
    at,
    n: new Float64Array(k),
    min: new Float64Array(k).fill(Infinity),
    max: new Float64Array(k).fill(-Infinity),
    sum: new Float64Array(k),
  };
  for (const part of parts) {
    const scale = rescaling(part.exponent, exponent);
    for (let i = 0; i < part.at.length; i++) {
      const to = units.get(Math.floor(part.at[i] / perUnit))!;
      out.n[to] += part.n[i];
      out.min[to] = Math.min(out.min[to], scale(part.min[i]));
      out.max[to] = Math.max(out.max[to], scale(part.max[i]));
      out.sum[to] += scale(part.sum[i]);
    }
  }
  return out;
}

/** The exponent at which all are whole; `RAW` where there is none, or a number would not be exact. */
function exponentOfAll(parts: readonly Sums[]): number {
  const exponent = parts.reduce((most, part) => Math.max(most, part.exponent), 0);
  if (exponent === RAW) return RAW;
  for (const part of parts) {
    const most = MOST_MANTISSA / POW10[exponent - part.exponent];
    for (let i = 0; i < part.at.length; i++) {
      if (part.max[i] > most || part.min[i] < -most) return RAW;
    }
  }
  return exponent;
}

function rescaling(from: number, to: number): (x: number) => number {
  if (from === to) return (x) => x;
  // Divided, not multiplied: the quotient is the very value that was stored.
  if (to === RAW) return (x) => x / POW10[from];
  return (x) => x * POW10[to - from];
}
