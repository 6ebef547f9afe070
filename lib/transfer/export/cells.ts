/** What stands in the cells of a row, whatever the format. */
import {
  FLAG_DEVICE_TIME_REFUSED,
  FLAG_HOST_CLOCK_SUSPECT,
  isPast,
  isRetained,
} from "../../readings/reading.ts";
import type { Tier } from "../../readings/store.ts";
import { shownIn } from "../../words/conversion.ts";
import { HOUR_MS, MINUTE_MS } from "../../words/times.ts";
import type { ExportSeries, LongBlock } from "./table.ts";

/** How long a tier's pieces are. */
const TIER_MS: Readonly<Record<Tier, number>> = { raw: 0, minute: MINUTE_MS, hour: HOUR_MS };

/** Why a reading's time is neither the device's nor simply that of its arrival; null for the usual reading. */
export type TimeNote = "device_clock" | "host_clock" | "retained";

export function timeNote(flags: number): TimeNote | null {
  if (flags === 0) return null;
  if (isRetained(flags)) return "retained";
  if (flags & FLAG_DEVICE_TIME_REFUSED) return "device_clock";
  return flags & FLAG_HOST_CLOCK_SUSPECT && !isPast(flags) ? "host_clock" : null;
}

/**
 * The column `note`: of a reading what is odd about its time; `minute` or `hour` where no more is kept than was asked
 * for; else of a step `mean`, or of texts `last`.
 */
export function noteAt(block: LongBlock, i: number, stepMs: number | null): string | null {
  const { flags, spread, tier } = block;
  if (flags !== null) return timeNote(flags[i]);
  if (TIER_MS[tier] > (stepMs ?? 0)) return tier;
  return spread === null ? "last" : "mean";
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
