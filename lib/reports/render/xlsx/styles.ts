/** How cells look. Pure. */
import type { CellStyle } from "hucre/xlsx";

const MOST_DECIMALS = 15;
/** Letters of everything; Excel's own. */
export const FONT = { name: "Calibri", size: 11 };

const AT_TOP: CellStyle = { alignment: { vertical: "top" } };
const bold = (size: number) => ({ ...FONT, size, bold: true });

export const PLAIN = AT_TOP;
export const TITLE: CellStyle = { ...AT_TOP, font: bold(16) };
export const BOLD: CellStyle = { ...AT_TOP, font: bold(FONT.size) };
export const WRAPPED: CellStyle = { alignment: { vertical: "top", wrapText: true } };
/** Titles of columns. */
export const HEAD: CellStyle = {
  ...WRAPPED,
  font: bold(FONT.size),
  fill: { type: "pattern", pattern: "solid", fgColor: { rgb: "EDEDEA" } },
  border: { bottom: { style: "thin", color: { rgb: "5F6670" } } },
};
/** Stays text when somebody edits it. */
export const QUOTED: CellStyle = { ...WRAPPED, numFmt: "@" };
export const TIME: CellStyle = { ...AT_TOP, numFmt: "yyyy\\-mm\\-dd\\ hh:mm:ss" };
export const DURATION: CellStyle = { ...AT_TOP, numFmt: "[h]:mm:ss" };

/** Of a number with so many decimals. */
export function numberStyle(decimals: number): CellStyle {
  return { ...AT_TOP, numFmt: fraction(decimals) };
}

/** Of a share. */
export function percentStyle(decimals: number): CellStyle {
  return { ...AT_TOP, numFmt: `${fraction(decimals)}%` };
}

function fraction(decimals: number): string {
  const shown = Math.min(MOST_DECIMALS, Math.max(0, Math.trunc(decimals)));
  return shown === 0 ? "0" : `0.${"0".repeat(shown)}`;
}
