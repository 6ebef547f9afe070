/** Cells of a sheet. Pure. */
import type { ReportColumn } from "../../document.ts";
import { type CellValue, decimalsOf, isoTime, offsetMs } from "../cells.ts";
import { cut } from "./names.ts";
import { DURATION, numberStyle, percentStyle, PLAIN, QUOTED, TIME, WRAPPED } from "./styles.ts";
import { cellXml } from "./xml.ts";

/** Units of UTF-16 in a cell. */
const MOST_LETTERS = 32_767;
const CUT = "… (cut: a cell holds no more)";
const DAY_MS = 86_400_000;
/** Days from the beginning of Excel's time to that of the epoch. */
const EPOCH_DAY = 25_569;
/** Before it Excel counts a day that never was. */
const FIRST_DAY = 61;
/** What would be a formula if somebody typed it. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/;

/** `A1`, from 0 on. */
export function cellName(column: number, row: number): string {
  let letters = "";
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + (rest - 1) % 26) + letters;
  }
  return letters + (row + 1);
}

/** Text, which never is a formula. */
export function textCell(name: string, text: string, style?: number): string {
  if (text === "") return "";
  const look = FORMULA.test(text) ? QUOTED : style ?? WRAPPED;
  const fits = text.length <= MOST_LETTERS ? text : cut(text, MOST_LETTERS - CUT.length) + CUT;
  return `<c r="${name}" s="${look}" t="inlineStr"><is><t xml:space="preserve">${
    cellXml(fits)
  }</t></is></c>`;
}

function numberCell(name: string, value: number, style: number): string {
  return `<c r="${name}" s="${style}"><v>${value}</v></c>`;
}

/** A cell of a table; nothing for what is empty, or no number. */
export function valueCell(
  name: string,
  column: ReportColumn,
  value: CellValue,
  zone: string,
): string {
  if (value === null) return "";
  if (typeof value === "string") return textCell(name, value);
  if (!Number.isFinite(value)) return "";
  if (column.kind === "time") return timeCell(name, value, zone);
  if (column.kind === "duration") return numberCell(name, value / DAY_MS, DURATION);
  const decimals = decimalsOf(column);
  if (column.kind === "percent") return numberCell(name, value, percentStyle(decimals ?? 1));
  return numberCell(name, value, decimals === null ? PLAIN : numberStyle(decimals));
}

/** What the clocks of the zone showed: Excel knows no zones. */
function timeCell(name: string, tMs: number, zone: string): string {
  const days = (tMs + offsetMs(tMs, zone)) / DAY_MS + EPOCH_DAY;
  return days < FIRST_DAY ? textCell(name, isoTime(tMs, zone)) : numberCell(name, days, TIME);
}
