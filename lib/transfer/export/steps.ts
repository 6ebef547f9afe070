/** Steps of time, as they are written: `10s`, `15m`, `1h`, `1d`. */
import { MINUTE_MS } from "../../words/times.ts";

const UNITS = { s: 1_000, m: MINUTE_MS, h: 60 * MINUTE_MS, d: 1440 * MINUTE_MS } as const;

/** A step as it is written (`10s`, `15m`, `1h`, `1d`), in ms; null: it is none that can be kept. */
export function stepOfText(text: string): number | null {
  const [, count, unit] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  if (count === undefined) return null;
  const ms = Number(count) * UNITS[unit as keyof typeof UNITS];
  if (ms < 1_000 || ms > 31 * UNITS.d) return null;
  return ms % MINUTE_MS === 0 || MINUTE_MS % ms === 0 ? ms : null;
}

/** `10s`, `15m`, `1h`, `1d` */
export function stepText(ms: number): string {
  for (const unit of ["d", "h", "m"] as const) {
    if (ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  }
  return `${ms / 1000}s`;
}
