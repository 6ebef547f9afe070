/** Cells of a table as values. Pure. */
import { isUnit, symbolOf } from "../../../../machines/units.ts";
import { numberOfCell } from "../../../../base/table.ts";
import type { ImportSeries } from "../../format.ts";
import { quoted } from "../../segment.ts";

const GAPS = new Set([
  "",
  "-",
  "--",
  "nan",
  "null",
  "n/a",
  "na",
  "#n/a",
  "#nv",
  "none",
  "unavailable",
  "unknown",
]);
const ON = new Set(["on", "true", "ein", "an", "yes", "ja", "wahr"]);
const OFF = new Set(["off", "false", "aus", "no", "nein", "falsch"]);

/** `1.234,5`, `1,234.5`, `1 234,5`, `1'234`: thousands are separated. */
const THOUSANDS =
  /^[+\-\u2212]?\d{1,3}(?:(?:\.\d{3})+,\d+|(?:,\d{3})+\.\d+|(?:[ \u00a0\u202f'’]\d{3})+(?:[.,]\d+)?|(?:\.\d{3}){2,}|(?:,\d{3}){2,})$/;
/** `1.013` or `1,013`: a thousand, or one with three decimals. */
const EITHER = /^[+\-\u2212]?[1-9]\d{0,2}[.,]\d{3}$/;
const WITH_COMMA = /^[+\-\u2212]?\d*,\d+(?:e[+-]?\d+)?$/i;
const WITH_POINT = /^[+\-\u2212]?\d*\.\d+(?:e[+-]?\d+)?$/i;

export interface Value {
  kind: ImportSeries["kind"];
  value: number | string;
  /** Written behind the number: `41.5 °C`. */
  unit?: string;
}

/** A number with its unit. */
const WITH_UNIT = /^([+\-\u2212]?[\d.,]+)\s*([^\d\s.,][^\s]{0,7})$/;

/** Whether a cell says that there is no value. */
export function isGap(cell: string): boolean {
  const first = cell.charCodeAt(0);
  // Nearly every cell is a number.
  return !(first >= 0x30 && first <= 0x39) && (cell === "" || GAPS.has(cell.trim().toLowerCase()));
}

/** 1, 0, or null: neither on nor off. */
export function switchOf(cell: string): 0 | 1 | null {
  const word = cell.trim().toLowerCase();
  return ON.has(word) || word === "1" ? 1 : OFF.has(word) || word === "0" ? 0 : null;
}

/**
 * A cell's value; a sentence when it is none. `kind`: what the column has; undefined: what the cell looks like.
 */
export function valueOf(
  cell: string,
  kind: ImportSeries["kind"] | undefined,
  decimalComma: boolean,
): Value | string {
  if (kind === "text") return { kind, value: cell.trim() };
  if (kind === "binary") {
    const value = switchOf(cell);
    return value === null ? `${quoted(cell)} is neither on nor off` : { kind, value };
  }
  const number = numberOfCell(cell, decimalComma);
  if (number !== null) return { kind: "number", value: number };
  const [, bare, unit] = WITH_UNIT.exec(cell.trim()) ?? [];
  if (unit !== undefined && isUnit(unit)) {
    const read = valueOf(bare, "number", decimalComma);
    return typeof read === "string" ? read : { ...read, unit: symbolOf(unit) };
  }
  if (kind === "number" || looksNumeric(cell)) return notANumber(cell.trim(), decimalComma);
  const value = switchOf(cell);
  return value === null ? { kind: "text", value: cell.trim() } : { kind: "binary", value };
}

function looksNumeric(cell: string): boolean {
  return /^[+\-\u2212]?[\d.,'’\s\u00a0\u202f]+$/.test(cell.trim());
}

function notANumber(cell: string, decimalComma: boolean): string {
  if (THOUSANDS.test(cell)) {
    return `${quoted(cell)} has separators of thousands: write the file again without them`;
  }
  if (decimalComma && EITHER.test(cell)) {
    return `${
      quoted(cell)
    } may be a thousand or a decimal: write the file again without separators of thousands`;
  }
  if (!decimalComma && WITH_COMMA.test(cell)) {
    return `${quoted(cell)} has a decimal comma, the file is read with decimal points`;
  }
  return `${quoted(cell)} is no number`;
}

/** What the numbers of some cells have before their decimals; null: it may be either, or both occur. */
export function decimalCommaOf(cells: readonly string[], delimiter: string): boolean | null {
  const texts = cells.map((cell) => WITH_UNIT.exec(cell.trim())?.[1] ?? cell.trim());
  const comma = texts.filter((cell) => WITH_COMMA.test(cell));
  const point = texts.filter((cell) => WITH_POINT.test(cell));
  const grouped = texts.filter((cell) => /\d\.\d{3},\d+$/.test(cell)).length > 0;
  if (grouped) return true;
  const clear = (all: string[]) => all.some((cell) => !EITHER.test(cell));
  // Where commas cannot separate cells, points may separate thousands.
  if (comma.length === 0) {
    return delimiter === ";" && point.length > 0 && !clear(point) ? null : false;
  }
  if (point.length === 0) return clear(comma) ? true : null;
  // `1.013,5` has both and was looked at; here some cells have the one, some the other.
  return clear(comma) && !clear(point) ? true : clear(point) && !clear(comma) ? false : null;
}
