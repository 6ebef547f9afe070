/** What separates the cells of a table, and where it begins. Pure. */
import type { CsvRow } from "../../csv_rows.ts";
import type { ImportOptions } from "../../format.ts";

/** Rows that are looked at. */
export const SAMPLE = 100;
export const DELIMITERS = [";", "\t", ","] as const;
export const DELIMITER_WORDS = { ",": "commas", ";": "semicolons", "\t": "tabs" } as const;

/** The separator that gives most cells, the same number in most rows; null: none does. */
export function delimiterOf(
  rowsBy: (delimiter: string) => CsvRow[],
): NonNullable<ImportOptions["delimiter"]> | null {
  let best: NonNullable<ImportOptions["delimiter"]> | null = null;
  let bestScore = 0;
  for (const delimiter of DELIMITERS) {
    const rows = filled(rowsBy(delimiter)).slice(0, SAMPLE);
    const width = widthOf(rows);
    if (width < 2) continue;
    const share = rows.filter(({ cells }) => cells.length === width).length / rows.length;
    const score = share + width / 1e4;
    if (score > bestScore) [best, bestScore] = [delimiter, score];
  }
  return best;
}

/** Cells of most rows; of equals the most. */
function widthOf(rows: readonly CsvRow[]): number {
  const counts = new Map<number, number>();
  for (const { cells: { length } } of rows) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].reduce((best, [width, count]) => {
    const most = counts.get(best) ?? 0;
    return count > most || (count === most && width > best) ? width : best;
  }, 0);
}

/** Without the lines before a table that are none of it, as data loggers write them: fewer cells than its rows. */
export function withoutPreamble(
  rows: readonly CsvRow[],
  isData: (cell: string) => boolean,
  notes: string[],
): CsvRow[] {
  const width = widthOf(rows.slice(0, SAMPLE));
  const first = rows.findIndex(({ cells }) => cells.length >= width);
  if (first < 1) return [...rows];
  // Values below a line of several cells: that is the header, and the rows have cells too many.
  if (rows[first - 1].cells.length > 1 && rows[first].cells.some(isData)) return [...rows];
  notes.push(`The first ${first === 1 ? "line is" : `${first} lines are`} no part of the table.`);
  return rows.slice(first);
}

/** Rows that are no empty lines, nor a spreadsheet's line that names the separator. */
export function filled(rows: readonly CsvRow[]): CsvRow[] {
  return rows.filter(({ line, cells }) =>
    cells.some((cell) => cell.trim() !== "") && !(line === 1 && /^"?sep=/i.test(cells[0]))
  );
}
