/**
 * Tables as the spreadsheets of the world write them: comma, semicolon or tab between the cells, decimal point
 * or decimal comma, UTF-8 or UTF-16, any line end, a line `sep=;` before the header, rows whose empty cells at
 * the end are left out or follow in excess.
 */
import { CsvError, parse } from "csv-parse/sync";
import { messageOf, PerchError } from "./errors.ts";

export interface Table {
  /** Names of the columns, trimmed. */
  columns: string[];
  /** Cells by column, as text; `line` is that of an editor. */
  rows: { line: number; cells: Record<string, string> }[];
  /** Numbers have a decimal comma: it does not separate cells, and a number has one. */
  decimalComma: boolean;
}

const DECIMAL_COMMA = /^[+\-\u2212]?(\d+,\d*|,\d+)(e[+-]?\d+)?$/i;
/** `1.013`: a thousand, or one with three decimals. */
const GROUPED = /^-?[1-9]\d{0,2}\.\d{3}$/;
const SEPARATORS = [",", ";", "\t"] as const;

/**
 * The text of a file that a person gave.
 * @throws PerchError `validation` when it is neither UTF-8 nor UTF-16 with its mark. Which of the older code
 * pages it is cannot be known, and a wrong guess would give wrong names.
 */
export function textOfFile(bytes: Uint8Array): string {
  const utf16 = bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : null;
  try {
    const text = new TextDecoder(utf16 ?? "utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\u0000") && !text.includes("\ufffd")) return text;
  } catch {
    // Reported below.
  }
  throw new PerchError(
    "validation",
    "the file is not UTF-8 (umlauts or other letters would be lost): save it again as “CSV UTF-8”",
  );
}

/**
 * Reads a table whose first line names the columns.
 * @throws PerchError `validation` naming the line
 */
export function tableOf(text: string): Table {
  const { body, skipped, separator } = begin(text.replace(/^\ufeff/, ""));
  let lines: { record: string[]; info: { lines: number } }[];
  try {
    lines = parse(body, {
      info: true,
      skip_empty_lines: true,
      delimiter: separator,
      relax_column_count: true,
      record_delimiter: ["\r\n", "\n", "\r"],
    }) as unknown as typeof lines;
  } catch (error) {
    const line = error instanceof CsvError ? Number(error.lines) : NaN;
    const at = Number.isNaN(line) ? "" : `line ${line + skipped}: `;
    throw new PerchError("validation", `${at}not a CSV table (${messageOf(error)})`);
  }
  const [head, ...rest] = lines.filter(({ record }) => record.some((cell) => cell.trim() !== ""));
  if (head === undefined) throw new PerchError("validation", "the table is empty");
  const columns = head.record.map((column) => column.trim());
  while (columns.at(-1) === "") columns.pop();
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) {
    const what = twice === ""
      ? "a column has no name"
      : `the column "${twice.slice(0, 40)}" is there twice`;
    throw new PerchError("validation", `line ${head.info.lines + skipped}: ${what}`);
  }
  return {
    columns,
    decimalComma: separator !== "," &&
      rest.some(({ record }) => record.some((cell) => DECIMAL_COMMA.test(cell.trim()))),
    rows: rest.map(({ record, info }) => {
      const line = info.lines + skipped;
      const extra = record.slice(columns.length).find((cell) => cell.trim() !== "");
      if (extra !== undefined) {
        throw new PerchError(
          "validation",
          `line ${line}: "${extra.slice(0, 40)}" stands beyond the last column; ` +
            "put text that holds the separator in quotes",
        );
      }
      return {
        line,
        cells: Object.fromEntries(columns.map((column, i) => [column, record[i] ?? ""])),
      };
    }),
  };
}

/** Where the table begins, and what separates its cells: what its first line has most of. */
function begin(text: string): { body: string; skipped: number; separator: string } {
  const named = /^"?sep=([,;\t])"?(?:\r\n|\n|\r)/i.exec(text);
  if (named !== null) {
    return { body: text.slice(named[0].length), skipped: 1, separator: named[1] };
  }
  const first = /^[^\r\n]*/.exec(text.trimStart())![0].replaceAll(/"[^"]*"/g, "");
  const count = (separator: string) => first.split(separator).length;
  const separator = SEPARATORS.toSorted((a, b) => count(b) - count(a))[0];
  return { body: text, skipped: 0, separator };
}

/**
 * The number in a cell; null when there is none. Accepted are a sign of either kind, a decimal point, a decimal
 * comma where the table has them, and an exponent. Separated thousands are refused, and where decimals have a
 * comma so is `1.013`: it may be either.
 */
export function numberOfCell(cell: string, decimalComma: boolean): number | null {
  const text = cell.trim().replace(/^\u2212/, "-").replace(/^\+/, "");
  if (decimalComma && GROUPED.test(text)) return null;
  if (/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return finite(Number(text));
  if (decimalComma && DECIMAL_COMMA.test(text)) {
    return finite(Number(text.replace(",", ".")));
  }
  return null;
}

function finite(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}
