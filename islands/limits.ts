/** Limits of a sensor as charts draw them. Pure: the server renders from them, the browser goes on. */
import type { SensorSettings } from "../lib/machines/sensor_settings.ts";
import { exact, withUnit } from "../lib/words/numbers.ts";

export type ShownLimits = Pick<
  SensorSettings,
  "warning_low" | "warning_high" | "critical_low" | "critical_high"
>;

/** A band between two values; an open end is ±Infinity. */
export interface LimitBand {
  from: number;
  to: number;
  level: "warning" | "critical";
  /** Where it begins, seen from the normal range: the line that is drawn and named. */
  edge: number;
}

/** The bands beyond the limits; a warning ends where critical begins. */
export function bandsOf(limits: ShownLimits): LimitBand[] {
  const { warning_low, warning_high, critical_low, critical_high } = limits;
  const bands: LimitBand[] = [];
  const add = (from: number, to: number, level: LimitBand["level"], edge: number) => {
    if (from < to) bands.push({ from, to, level, edge });
  };
  if (warning_high !== null) add(warning_high, critical_high ?? Infinity, "warning", warning_high);
  if (critical_high !== null) add(critical_high, Infinity, "critical", critical_high);
  if (warning_low !== null) add(critical_low ?? -Infinity, warning_low, "warning", warning_low);
  if (critical_low !== null) add(-Infinity, critical_low, "critical", critical_low);
  return bands;
}

/** How many times the height of the data a limit may be away and is still shown. */
const NEAR = 1;

/**
 * The range of values that a chart shows: the data with some air, and limits that are near; `leastSpan` of the scale at
 * least.
 */
export function rangeOf(
  low: number,
  high: number,
  bands: readonly LimitBand[],
  leastSpan = 0,
): [number, number] {
  const missing = Math.max(0, leastSpan - (high - low)) / 2;
  // What is never below zero is not shown below it.
  const up = low >= 0 ? Math.max(0, missing - low) : 0;
  const lo = low - missing + up, hi = high + missing + up;
  const span = hi - lo || Math.abs(hi) * 0.05 || 1;
  const near = bands.map(({ edge }) => edge)
    .filter((edge) => edge >= lo - NEAR * span && edge <= hi + NEAR * span);
  const least = Math.min(lo, ...near), most = Math.max(hi, ...near);
  const pad = (most - least) * 0.08 || Math.abs(most) * 0.05 || 1;
  return [least - pad, most + pad];
}

/** The limits in words, `warning from 80 °C, critical from 90 °C`; null without any. */
export function limitWords(
  limits: ShownLimits,
  unit: string | null,
): string | null {
  const text = (value: number) => withUnit(exact(value), unit);
  const { warning_low, warning_high, critical_low, critical_high } = limits;
  const words = [
    critical_low !== null && `critical at or below ${text(critical_low)}`,
    warning_low !== null && `warning at or below ${text(warning_low)}`,
    warning_high !== null && `warning from ${text(warning_high)}`,
    critical_high !== null && `critical from ${text(critical_high)}`,
  ].filter((one) => one !== false);
  return words.length === 0 ? null : words.join(", ");
}
