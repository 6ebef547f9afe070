import { parse } from "csv-parse/sync";
import { PerchError } from "../../base/errors.ts";
import type { ImportSource } from "./format.ts";
import { BEGINNING, HEAD_BYTES, type Place, type Stretch, stretchesOf } from "./bytes_source.ts";

const QUOTE = 0x22;
const BOM = "\ufeff";
const HEAD_ROWS_MOST = 200;

export interface CsvRow {
  /** 1 is the first of the file; of a row with line ends in its texts, where it begins. */
  line: number;
  /** Texts as they stand; one empty cell is an empty line. */
  cells: string[];
}

export interface CsvStretch extends Pick<Stretch, "from" | "next" | "share" | "rejected"> {
  rows: CsvRow[];
}

/** The rows of a CSV file from a place on: a stretch of them at a time. */
export async function* csvStretches(
  source: ImportSource,
  delimiter: string,
  from: Place,
  signal: AbortSignal,
): AsyncGenerator<CsvStretch> {
  const isOpen = opensText(delimiter.charCodeAt(0));
  for await (const stretch of stretchesOf(source, from, signal, { isOpen })) {
    yield { ...stretch, rows: csvRows(stretch.bytes, delimiter, stretch.from.line) };
  }
}

/** The first rows of a head, which may break off in its last. @throws PerchError `validation` when it is no UTF-8 */
export function headRows(head: Uint8Array, delimiter: string): CsvRow[] {
  const end = closedEnd(head, opensText(delimiter.charCodeAt(0)));
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(head.subarray(0, end), {
      stream: end === head.length,
    });
  } catch {
    throw new PerchError(
      "validation",
      "the file is not UTF-8 (umlauts or other letters would be lost): save it again as “CSV UTF-8”",
    );
  }
  const rows = csvRows(head.subarray(0, end), delimiter, BEGINNING.line);
  return rows.slice(0, HEAD_ROWS_MOST);
}

/** Where the last whole row ends; a head that is a whole file may lack its last line end. */
function closedEnd(head: Uint8Array, isOpen: ReturnType<typeof opensText>): number {
  let open = false, end = 0;
  for (let at = 0; at < head.length;) {
    const lf = head.indexOf(0x0a, at);
    const to = lf < 0 ? head.length : lf;
    open = isOpen(head.subarray(at, to), open);
    at = to + 1;
    if (!open && (lf >= 0 || head.length < HEAD_BYTES || end === 0)) {
      end = Math.min(at, head.length);
    }
  }
  return end;
}

/** Whole records as rows. `delimiter` is one character. */
export function csvRows(bytes: Uint8Array, delimiter: string, firstLine: number): CsvRow[] {
  let text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (firstLine === 1 && text.startsWith(BOM)) text = text.slice(1);
  if (text === "") return [];
  // A file without quotes is split, which takes a fifth of the time.
  return bytes.includes(QUOTE)
    ? parsedRows(text, delimiter, firstLine)
    : splitRows(text, delimiter, firstLine);
}

function splitRows(text: string, delimiter: string, firstLine: number): CsvRow[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line, i) => ({
    line: firstLine + i,
    cells: (line.endsWith("\r") ? line.slice(0, -1) : line).split(delimiter),
  }));
}

/** A quote that stands where CSV has none is a character as others: `5" pipe`. */
function parsedRows(text: string, delimiter: string, firstLine: number): CsvRow[] {
  const records = parse(text, {
    delimiter,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    record_delimiter: ["\r\n", "\n"],
  }) as unknown as { record: string[]; info: { lines: number } }[];
  let line = firstLine;
  return records.map(({ record, info }) => {
    const row = { line, cells: record };
    // Where the record ends; a record ends with a line, so that the next begins one later.
    line = firstLine + info.lines;
    return row;
  });
}

/** Whether a text in quotes goes on after a line end: quotes count at the beginning of a cell. */
function opensText(delimiter: number): (line: Uint8Array, wasOpen: boolean) => boolean {
  return (line, wasOpen) => {
    let open = wasOpen;
    for (let at = 0; at < line.length; at++) {
      if (open) {
        at = line.indexOf(QUOTE, at);
        if (at < 0) return true;
        if (line[at + 1] === QUOTE) at++;
        else open = false;
      } else if (line[at] === QUOTE && (at === 0 || line[at - 1] === delimiter)) {
        open = true;
      }
    }
    return open;
  };
}
