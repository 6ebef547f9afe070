/** Cells and lines of CSV (RFC 4180), also as a spreadsheet with decimal commas reads them. */

export type CsvCell = string | number | null;

/** How a file is written. */
export interface CsvDialect {
  delimiter: "," | ";";
  decimal: "." | ",";
}

/** Commas between the cells, points in the numbers. */
export const PLAIN_CSV: CsvDialect = { delimiter: ",", decimal: "." };
/** What a spreadsheet expects where the comma is in the numbers (German, French …). */
export const COMMA_CSV: CsvDialect = { delimiter: ";", decimal: "," };
/** In front of a file of UTF-8, for spreadsheets that take it for something else otherwise. */
export const BYTE_ORDER_MARK = "\uFEFF";

/** A cell. Text that a spreadsheet would take for a formula gets a leading apostrophe; numbers stay numbers. */
export function csvCell(value: CsvCell, { delimiter, decimal }: CsvDialect = PLAIN_CSV): string {
  if (value === null) return "";
  if (typeof value === "number") {
    const text = String(value);
    return decimal === "," ? text.replace(".", ",") : text;
  }
  const safe = /^\s*[=+\-@\t\r＝＋－＠]/.test(value) ? `'${value}` : value;
  const quoted = /["\r\n]/.test(safe) || safe.includes(delimiter) || safe !== safe.trim();
  return quoted ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** One line with its line end. */
export function csvLine(cells: readonly CsvCell[], dialect: CsvDialect = PLAIN_CSV): string {
  return cells.map((cell) => csvCell(cell, dialect)).join(dialect.delimiter) + "\r\n";
}
