/** Cells of a sheet. Pure. */
import type { Cell, CellStyle } from "hucre/xlsx";
import type { ReportColumn } from "../../document.ts";
import { type CellValue, decimalsOf, isoTime, offsetMs } from "../cells.ts";
import { cut, held } from "./names.ts";
import { DURATION, numberStyle, percentStyle, PLAIN, QUOTED, TIME, WRAPPED } from "./styles.ts";
import { DAY_MS } from "../../../words/times.ts";

/** What a cell holds, and how it looks where it is not as its column. */
export type SheetCell = Partial<Pick<Cell, "value" | "richText" | "style">>;

/** Units of UTF-16 in a cell. */
const MOST_LETTERS = 32_767;
const CUT = "… (cut: a cell holds no more)";
/** 1900-03-01: before it Excel counts a day that never was. */
const FIRST_MS = -2_203_891_200_000;
/** What would be a formula if somebody typed it. */
const FORMULA = /^\s*[=+\-@＝＋－＠]/;
/** A workbook reads this as a letter by its number. */
const ESCAPE = /_(?=x[0-9a-f]{4}_)/gi;
/** `#N/A` and the like, which the library takes for errors: a run of letters stays text. */
const ERROR = /^#/;

/** Text, which never is a formula. */
export function textCell(text: string, style?: CellStyle): SheetCell {
  const fits = text.length <= MOST_LETTERS ? text : cut(text, MOST_LETTERS - CUT.length) + CUT;
  const value = held(fits).replace(ESCAPE, "_x005F_");
  if (value === "") return {};
  const look = FORMULA.test(value) ? QUOTED : style;
  return ERROR.test(value) ? { richText: [{ text: value }], style: look } : { value, style: look };
}

/** How the cells of a column look. */
export function columnStyle(column: ReportColumn): CellStyle {
  const decimals = decimalsOf(column);
  switch (column.kind) {
    case "time":
      return TIME;
    case "duration":
      return DURATION;
    case "percent":
      return percentStyle(decimals ?? 1);
    case "text":
      return WRAPPED;
    default:
      return decimals === null ? PLAIN : numberStyle(decimals);
  }
}

/** A cell of a table; empty for what is no number. */
export function valueCell(column: ReportColumn, value: CellValue, zone: string): SheetCell {
  if (value === null) return {};
  if (typeof value === "string") {
    return textCell(value, column.kind === "text" ? undefined : WRAPPED);
  }
  if (!Number.isFinite(value)) return {};
  if (column.kind === "time") return timeCell(value, zone);
  return { value: column.kind === "duration" ? value / DAY_MS : value };
}

/** What the clocks of the zone showed: Excel knows no zones. */
function timeCell(tMs: number, zone: string): SheetCell {
  const clockMs = tMs + offsetMs(tMs, zone);
  return clockMs < FIRST_MS ? textCell(isoTime(tMs, zone), WRAPPED) : { value: new Date(clockMs) };
}
