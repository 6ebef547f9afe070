/** What stands in the cells of a row, whatever the format. */
import {
  FLAG_DEVICE_TIME_REFUSED,
  FLAG_HOST_CLOCK_SUSPECT,
  isPast,
  isRetained,
} from "../../readings/reading.ts";
import { shownIn } from "../../words/conversion.ts";
import type { ExportSeries, LongBlock } from "./table.ts";
import { TIER_NOTES } from "./tier.ts";

/** Why a reading's time is neither the device's nor simply that of its arrival; null for the usual reading. */
export type TimeNote = "device_clock" | "host_clock" | "retained";

export function timeNote(flags: number): TimeNote | null {
  if (flags === 0) return null;
  if (isRetained(flags)) return "retained";
  if (flags & FLAG_DEVICE_TIME_REFUSED) return "device_clock";
  return flags & FLAG_HOST_CLOCK_SUSPECT && !isPast(flags) ? "host_clock" : null;
}

/** The column `note`: of a reading its time, of others what they are. */
export function noteAt({ flags, spread, tier }: LongBlock, i: number): string | null {
  if (flags !== null) return timeNote(flags[i]);
  return spread === null ? "last" : TIER_NOTES[tier];
}

/** Whether a sensor has texts instead of numbers. */
export const isText = (series: ExportSeries): boolean => series.kind === "text";

/** A number of the file. */
export const numberOf = ({ convert }: ExportSeries, stored: number): number =>
  shownIn(convert, stored);

/** A text of the file: the state with this code. */
export const textOf = ({ states }: ExportSeries, code: number): string =>
  states[code] ?? String(code);

/** A value as people and JSON know it. */
export function valueOf(series: ExportSeries, stored: number): number | string {
  return isText(series) ? textOf(series, stored) : numberOf(series, stored);
}

/** The heading of a column of the wide layout: `hall/press/temperature [°C]`. */
export function headingOf({ name, unit }: ExportSeries): string {
  return unit === null ? name : `${name} [${unit}]`;
}

/** A sensor in a sentence: `press · temperature`. */
export function shownName(name: string): string {
  return name.split("/").slice(-2).join(" · ");
}
