/** The scale of values: round steps. Pure. */
import { number } from "../../../words/numbers.ts";

export interface Scale {
  lo: number;
  hi: number;
  ticks: { value: number; label: string }[];
}

/** How many times the height of the data a limit may be away and still be drawn. */
const NEAR = 1;
const AIR = 0.06;

/** Range of the data with some air, and of the limits that are near; ticks at round values. */
export function scaleOf(low: number, high: number, limits: readonly number[], most = 6): Scale {
  const isFlat = !(high > low);
  const span = isFlat ? Math.abs(high) * 0.05 || 1 : high - low;
  const near = limits.filter((value) => value >= low - NEAR * span && value <= high + NEAR * span);
  const least = Math.min(low, ...near), greatest = Math.max(high, ...near);
  const air = Math.max((greatest - least) * AIR, isFlat ? span / 2 : 0);
  // What is never below zero is not shown below it.
  const lo = least >= 0 ? Math.max(0, least - air) : least - air;
  return { lo, hi: greatest + air, ticks: ticksOf(lo, greatest + air, most) };
}

/** Values of 1, 2 or 5 times a power of ten between the two. */
export function ticksOf(lo: number, hi: number, most: number): Scale["ticks"] {
  const step = niceStep((hi - lo) / Math.max(1, most - 1));
  if (!(step > 0) || !Number.isFinite(step)) return [];
  const decimals = Math.max(0, Math.min(12, -Math.floor(Math.log10(step) + 1e-9)));
  const ticks = [];
  const first = Math.ceil(lo / step - 1e-9), last = Math.floor(hi / step + 1e-9);
  for (let i = first; i <= last && ticks.length <= 2 * most; i++) {
    const value = Number((i * step).toPrecision(12));
    const isWhole = decimals === 0 && Math.abs(value) >= 10_000;
    ticks.push({ value, label: number(value, isWhole ? null : decimals) });
  }
  return ticks;
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below `least`. */
export function niceStep(least: number): number {
  if (!(least > 0)) return 0;
  const power = 10 ** Math.floor(Math.log10(least));
  for (const factor of [1, 2, 5]) if (factor * power >= least * (1 - 1e-9)) return factor * power;
  return 10 * power;
}
