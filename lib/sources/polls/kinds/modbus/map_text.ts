/** A register map as rows of a form, and as the table that is kept. */
import { tableOf } from "../../../../base/table.ts";
import { COLUMNS } from "./register_map.ts";

/** The cells of one line, as texts. */
export type MapRow = Record<typeof COLUMNS[number], string>;

const NUMBERS = ["bit", "words", "scale", "offset", "none"] as const;

/** The rows of a map that is kept; of one that cannot be read none. */
export function rowsOfMap(text: string): MapRow[] {
  try {
    return tableOf(text).rows.map(({ cells }) =>
      Object.fromEntries(COLUMNS.map((column) => [column, cells[column] ?? ""])) as MapRow
    );
  } catch {
    return [];
  }
}

/** The table of these rows; rows without a name and an address are left out, and so are columns that nobody used. */
export function mapOfRows(rows: readonly MapRow[]): string {
  const filled = rows.filter(({ name, address }) => name.trim() !== "" || address.trim() !== "");
  const used = COLUMNS.filter((column) =>
    column === "name" || column === "address" || filled.some((row) => row[column].trim() !== "")
  );
  const cell = (text: string) =>
    /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  // Where somebody writes 0,5 the comma cannot separate.
  const isDecimal = filled.some((row) => NUMBERS.some((column) => row[column].includes(",")));
  const separator = isDecimal ? ";" : ",";
  const lines = filled.map((row) => used.map((column) => cell(row[column].trim())).join(separator));
  return [used.join(separator), ...lines, ""].join("\n");
}
