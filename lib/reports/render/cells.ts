/** What stands in a cell, in words and as a number. Pure. */
import { exact, number, unitText } from "../../words/numbers.ts";
import { dateTime, HOUR_MS } from "../../words/times.ts";
import type { ReportColumn } from "../document.ts";

export type CellValue = string | number | null;

/** Decimals of shares where nobody set them: `98.2 %`. */
const PERCENT_DECIMALS = 1;

/** Decimals of seconds and percent in CSV. */
const NOISE = 6;

/** A cell as it is printed; empty where there is none, or what is no number. */
export function cellText(column: ReportColumn, value: CellValue, zone: string): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return "";
  switch (column.kind) {
    case "time":
      return localTime(value, zone);
    case "duration":
      return lengthText(value);
    case "percent":
      return `${number(100 * value, column.decimals ?? PERCENT_DECIMALS)}\u202f%`;
    default:
      return column.decimals === undefined
        ? exact(value).replace("-", "\u2212")
        : number(value, column.decimals);
  }
}

/** Of a column, with its unit: `Mean (°C)`. */
export function columnTitle({ title, unit }: ReportColumn): string {
  return unitText(unit) === "" ? title : `${title} (${unitText(unit)})`;
}

/** Decimals that a number of the column has; null: as many as it takes. */
export function decimalsOf(column: ReportColumn): number | null {
  return column.decimals ?? (column.kind === "percent" ? PERCENT_DECIMALS : null);
}

/** In the zone; in the hour that comes twice in autumn with its offset: `2026-10-25 02:30:00 (+01:00)`. */
export function localTime(tMs: number, zone: string): string {
  const text = dateTime(tMs, zone);
  const isTwice = dateTime(tMs + HOUR_MS, zone) === text || dateTime(tMs - HOUR_MS, zone) === text;
  return isTwice ? `${text} (${offsetText(offsetMs(tMs, zone))})` : text;
}

/** `2026-10-25T02:30:00+01:00`, with milliseconds where there are any. */
export function isoTime(tMs: number, zone: string): string {
  const fraction = ((tMs % 1000) + 1000) % 1000;
  const millis = fraction === 0 ? "" : `.${String(Math.trunc(fraction)).padStart(3, "0")}`;
  return dateTime(tMs, zone).replace(" ", "T") + millis + offsetText(offsetMs(tMs, zone));
}

/** How far the clocks of the zone are ahead of UTC. */
export function offsetMs(tMs: number, zone: string): number {
  const wholeMs = Math.floor(tMs / 1000) * 1000;
  return Date.parse(`${dateTime(tMs, zone).replace(" ", "T")}Z`) - wholeMs;
}

function offsetText(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${ms < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** A length of time with two units: `45 s`, `3 min 20 s`, `26 h 5 min`, `12 d 4 h`. */
export function lengthText(ms: number): string {
  const sign = ms < 0 ? "\u2212" : "";
  const size = Math.abs(ms);
  if (size === 0) return "0";
  if (size < 1000) return `${sign}${exact(size)} ms`;
  const seconds = Math.round(size / 1000);
  const [large, small, per, value] = seconds < 3600
    ? ["min", "s", 60, seconds]
    : seconds < 10 * 86_400
    ? ["h", "min", 60, Math.round(seconds / 60)]
    : ["d", "h", 24, Math.round(seconds / 3600)];
  const [whole, rest] = [Math.floor(value / per), value % per];
  if (whole === 0) return `${sign}${rest} ${small}`;
  return rest === 0 ? `${sign}${whole} ${large}` : `${sign}${whole} ${large} ${rest} ${small}`;
}

/** Of a duration in seconds, of a share in percent: as CSV has them, without the noise of the multiplication. */
export function csvNumber(column: ReportColumn, value: number): number {
  const scaled = column.kind === "duration"
    ? value / 1000
    : column.kind === "percent"
    ? 100 * value
    : value;
  const decimals = column.decimals ?? null;
  if (decimals !== null && Math.abs(scaled) < 1e15) return Number(scaled.toFixed(decimals));
  return column.kind === "number" ? scaled : Number(scaled.toFixed(NOISE));
}
