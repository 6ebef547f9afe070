/** How wide the columns of a table are. Pure. */
import type { ReportColumn, ReportTable } from "../../document.ts";
import type { TextStyle } from "./engine.ts";
import { LEFT, ROOM_WIDTH } from "./pages.ts";

export interface PlacedColumn {
  x: number;
  width: number;
  /** Numbers end below each other. */
  isRight: boolean;
}

const GAP = 10;
/** Tried one after the other, until words need not be broken. */
const SIZES = [8, 7.5, 7, 6.5, 6];
/** So many rows, taken from all over the table, say how wide its texts are. */
const LOOKED_AT = 400;
/** A text column is at most so much wider than its widest word before it is wrapped. */
const LEAST_TEXT = 40;

type Measure = (text: string, style: TextStyle) => number;

export function columnsOf(
  { columns, rows }: ReportTable,
  titles: readonly string[],
  textOf: (row: ReportTable["rows"][number], column: number) => string,
  measure: Measure,
): { columns: PlacedColumn[]; size: number } {
  const step = Math.max(1, Math.floor(rows.length / LOOKED_AT));
  const seen = rows.filter((_, i) => i % step === 0);
  // Of size 1: all sizes are in proportion.
  const wide = columns.map((_, i) =>
    Math.max(0, ...seen.map((row) => measure(textOf(row, i), { size: 1 })))
  );
  const word = columns.map((column, i) =>
    column.kind === "text"
      ? Math.max(0, ...seen.map((row) => widestWord(textOf(row, i), measure, "regular")))
      : wide[i]
  );
  const head = titles.map((title) => measure(title, { size: 1, face: "bold" }));
  const headWord = titles.map((title) => widestWord(title, measure, "bold"));
  const room = ROOM_WIDTH - GAP * (columns.length - 1);
  const least = columns.map((column, i) =>
    column.kind === "text"
      ? Math.min(Math.max(word[i], headWord[i]), LEAST_TEXT / 4)
      : Math.max(wide[i], headWord[i])
  );
  const size = SIZES.find((one) => sum(least) * one <= room) ?? SIZES.at(-1)!;
  const wanted = columns.map((_, i) => Math.max(wide[i], Math.min(head[i], 2 * headWord[i])));
  const widths = shared(least.map((one) => one * size), wanted.map((one) => one * size), room);
  return { columns: placed(columns, widths), size };
}

/** Each gets its least, and of what is left in the proportion of what it wants beyond. */
function shared(least: readonly number[], wanted: readonly number[], room: number): number[] {
  const short = least.map((one, i) => Math.max(0, wanted[i] - one));
  const left = room - sum(least);
  // Too wide even so: all are cut, and words are broken.
  if (left < 0) return least.map((one) => one * room / sum(least));
  const share = sum(short) === 0 ? 0 : Math.min(1, left / sum(short));
  return least.map((one, i) => one + share * short[i]);
}

function placed(columns: readonly ReportColumn[], widths: readonly number[]): PlacedColumn[] {
  let x = LEFT;
  // What nobody wants lies between the columns, not too much of it.
  const spare = ROOM_WIDTH - sum(widths) - GAP * (columns.length - 1);
  const gap = GAP +
    (columns.length > 1 ? Math.max(0, Math.min(36, spare / (columns.length - 1))) : 0);
  return columns.map((column, i) => {
    const place = {
      x,
      width: widths[i],
      isRight: column.kind !== "text" && column.kind !== "time",
    };
    x += widths[i] + gap;
    return place;
  });
}

function widestWord(text: string, measure: Measure, face: TextStyle["face"]): number {
  return Math.max(0, ...text.split(/\s/).map((word) => measure(word, { size: 1, face })));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
