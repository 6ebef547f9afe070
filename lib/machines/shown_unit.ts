/**
 * In which unit a sensor is shown. What is stored, and what the API answers unless it is asked otherwise, stays in the
 * sensor's own; limits that are entered in the shown unit are stored in the sensor's.
 */
import { type Conversion, converted } from "../words/conversion.ts";
import { guessUnit } from "./guess.ts";
import type { Sensor } from "./sensor.ts";
import type { SensorSettings } from "./sensor_settings.ts";
import { conversion, quantityOf, sameUnit, symbolOf } from "./units.ts";

export interface Shown {
  unit: string | null;
  /** From the sensor's unit; null: as it is. */
  convert: Conversion | null;
  decimals: number | null;
  /** Its name gave the unit away; no device and no person has said it. */
  guessed: boolean;
}

/** The unit that is preferred for a quantity (`temperature`); null: none. */
export type Preferred = (quantity: string) => string | null;

/** A unit that nobody has said: it was guessed from the sensor's name. */
export function isGuessed(
  { unit, deviceUnit, review, sensor }: Pick<Sensor, "unit" | "deviceUnit" | "review" | "sensor">,
): boolean {
  return unit !== null && deviceUnit === null && review === "new" && guessUnit(sensor) === unit;
}

/** How a sensor is shown: in its own display unit, else in the one that the site prefers, else as it is stored. */
export function shownOf(sensor: Sensor, preferred: Preferred): Shown {
  const { unit, settings: { display_unit, decimals } } = sensor;
  const guessed = isGuessed(sensor);
  const asStored = { unit, convert: null, decimals, guessed };
  if (unit === null || sensor.kind !== "number") return asStored;
  const wanted = display_unit ?? preferredFor(unit, preferred);
  if (wanted === null || sameUnit(wanted, unit)) return asStored;
  const convert = conversion(unit, wanted);
  if (convert === null) return asStored;
  return {
    unit: symbolOf(wanted),
    convert,
    decimals: decimals === null ? null : decimalsIn(convert, decimals),
    guessed,
  };
}

function preferredFor(unit: string, preferred: Preferred): string | null {
  const quantity = quantityOf(unit);
  // Kelvin are differences more often than temperatures.
  return quantity === null || symbolOf(unit) === "K" ? null : preferred(quantity);
}

/** As many decimals as tell apart what they told apart in the other unit. */
function decimalsIn({ factor }: Conversion, decimals: number): number {
  return Math.min(9, Math.max(0, decimals - Math.floor(Math.log10(Math.abs(factor)) + 1e-9)));
}

const LEVELS = ["warning_low", "warning_high", "critical_low", "critical_high"] as const;
/** Differences of values: they have no offset. */
const SPANS = ["hysteresis", "max_per_minute"] as const;
/** The settings that are values in the sensor's unit. */
export const IN_UNIT: ReadonlySet<string> = new Set([...LEVELS, ...SPANS]);

/** Limits and the like in another unit; what is not among `settings` is not there. */
export function settingsIn<T extends Partial<SensorSettings>>(
  convert: Conversion | null,
  settings: T,
): T {
  if (convert === null) return settings;
  const out = { ...settings };
  const put = (name: typeof LEVELS[number] | typeof SPANS[number], by: Conversion) => {
    const value = out[name];
    if (typeof value === "number") Object.assign(out, { [name]: converted(by, value) });
  };
  for (const name of LEVELS) put(name, convert);
  for (const name of SPANS) put(name, { factor: convert.factor, offset: 0 });
  return out;
}

/** The conversion back. */
export function inverse({ factor, offset }: Conversion): Conversion {
  return { factor: 1 / factor, offset: -offset / factor };
}
