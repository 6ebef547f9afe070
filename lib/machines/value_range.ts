/** Between which values a sensor can be: as its device says, else guessed from its unit and name. */
import type { Sensor } from "./sensor.ts";
import { symbolOf } from "./units.ts";

/** Bounds of what can be measured; null: none on that side. Not limits: nothing is judged by them. */
export interface ValueRange {
  low: number | null;
  high: number | null;
  /** Nobody said it. */
  guessed: boolean;
}

/** Shares of something that is whole: these cannot be below nothing or above all. */
const SHARES = /humidity|moisture|battery|charge|level|position|brightness|valve|fill|load/i;
/** What cannot be below nothing. */
const COUNTED = new Set([
  "rpm",
  "lx",
  "ppm",
  "ppb",
  "µg/m³",
  "Hz",
  "bar",
  "kWh",
  "Wh",
  "m³",
  "L",
  "m³/h",
  "L/min",
]);

/** @param said what the device says; null: nothing */
export function valueRangeOf(
  { kind, unit, sensor }: Pick<Sensor, "kind" | "unit" | "sensor">,
  said: { low?: number; high?: number } | null,
): ValueRange | null {
  if (kind !== "number") return null;
  const { low = null, high = null } = said ?? {};
  if (low !== null || high !== null) return { low, high, guessed: false };
  const symbol = unit === null ? null : symbolOf(unit);
  if (symbol === "%" && SHARES.test(sensor)) return { low: 0, high: 100, guessed: true };
  if (symbol === "pH" || /^ph$/i.test(unit ?? "")) return { low: 0, high: 14, guessed: true };
  return symbol !== null && COUNTED.has(symbol) ? { low: 0, high: null, guessed: true } : null;
}
