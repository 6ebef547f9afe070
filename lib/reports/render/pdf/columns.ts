/** How wide the columns of a table are, and how large its letters. Pure. */
import type { ReportColumn, ReportTable } from "../../document.ts";
import type { TextStyle } from "./engine.ts";
import { LEFT, ROOM_WIDTH } from "./pages.ts";

export interface PlacedColumn {
  x: number;
  width: number;
  /** Numbers end below each other. */
  isRight: boolean;
}

/** Large letters first: smaller ones are taken when they leave so much of the lines. */
const SIZES = [8, 7.5, 7, 6.5, 6];
const WORTH_IT = 0.85;
const GAP_MOST = 10, GAP_LEAST = 6;
/** A table of so many columns has narrow gaps. */
const MANY = 7;
/** So many rows, taken from all over the table, say how wide its texts are. */
const LOOKED_AT = 400;
/** Longer words are broken, in widths of a text of size 1. */
const LONG_WORD = 11;

type Measure = (text: string, style: TextStyle) => number;

/** What a column asks for; of texts of size 1, as all sizes are in proportion. */
interface Wish {
  /** Without words being broken. */
  least: number;
  /** Without lines being broken. */
  wanted: number;
  /** Of its cells. */
  cells: number[];
}

export function columnsOf(
  { columns, rows }: ReportTable,
  titles: readonly string[],
  textOf: (row: ReportTable["rows"][number], column: number) => string,
  measure: Measure,
): { columns: PlacedColumn[]; size: number } {
  const step = Math.max(1, Math.floor(rows.length / LOOKED_AT));
  const seen = rows.filter((_, i) => i % step === 0);
  const wishes = columns.map((column, i) =>
    wishOf(column, titles[i], seen.map((row) => textOf(row, i)), measure)
  );
  const gap = columns.length > MANY ? GAP_LEAST : GAP_MOST;
  const room = ROOM_WIDTH - gap * (columns.length - 1);
  let best = { size: SIZES[0], widths: [] as number[], lines: Infinity };
  // Times in one line, or in two.
  const whole = wishes.map((wish, i) =>
    columns[i].kind === "time" ? { ...wish, least: wish.wanted } : wish
  );
  for (const size of SIZES) {
    for (const variant of [whole, wishes]) {
      const widths = shared(variant, room / size);
      const lines = linesOf(variant, widths, seen.length);
      if (lines < best.lines * WORTH_IT) best = { size, widths, lines };
    }
  }
  const { size, widths } = best;
  return { columns: placed(columns, widths.map((width) => width * size), gap), size };
}

function wishOf(
  { kind }: ReportColumn,
  title: string,
  texts: readonly string[],
  measure: Measure,
): Wish {
  const cells = texts.map((text) => measure(text, { size: 1 }));
  const widest = Math.max(0, ...cells);
  // A number stays whole; a time may stand in two lines.
  const isBroken = kind === "text" || kind === "time";
  const words = isBroken
    ? Math.max(0, ...texts.map((text) => widestWord(text, measure, "regular")))
    : widest;
  const head = widestWord(title, measure, "bold");
  const least = isBroken
    ? Math.max(Math.min(words, LONG_WORD), Math.min(head, LONG_WORD))
    : Math.max(words, head);
  const titleWidth = Math.min(measure(title, { size: 1, face: "bold" }), 2 * head);
  return { least, wanted: Math.max(least, widest, titleWidth), cells };
}

/** Each gets its least, and of what is left in the proportion of what it wants beyond. */
function shared(wishes: readonly Wish[], room: number): number[] {
  const least = sum(wishes.map((wish) => wish.least));
  const short = sum(wishes.map((wish) => wish.wanted - wish.least));
  const left = room - least;
  // Too wide even so: all are cut, and words are broken.
  if (left < 0) return wishes.map((wish) => wish.least * room / least);
  const share = short === 0 ? 0 : Math.min(1, left / short);
  return wishes.map((wish) => wish.least + share * (wish.wanted - wish.least));
}

/** About how many lines a row has, of so many rows looked at; broken words count as more. */
function linesOf(wishes: readonly Wish[], widths: readonly number[], rows: number): number {
  if (rows === 0) return 1;
  let lines = 0;
  for (let row = 0; row < rows; row++) {
    lines += Math.max(1, ...wishes.map(({ cells }, i) => Math.ceil(cells[row] / widths[i] - 1e-6)));
  }
  const isCut = wishes.some(({ least }, i) => widths[i] < least - 1e-6);
  return lines / rows * (isCut ? 2 : 1);
}

function placed(
  columns: readonly ReportColumn[],
  widths: readonly number[],
  least: number,
): PlacedColumn[] {
  let x = LEFT;
  // What nobody wants lies between the columns, not too much of it.
  const spare = ROOM_WIDTH - sum(widths) - least * (columns.length - 1);
  const more = columns.length > 1 ? Math.max(0, Math.min(36, spare / (columns.length - 1))) : 0;
  return columns.map(({ kind }, i) => {
    const place = { x, width: widths[i], isRight: kind !== "text" && kind !== "time" };
    x += widths[i] + least + more;
    return place;
  });
}

function widestWord(text: string, measure: Measure, face: TextStyle["face"]): number {
  return Math.max(0, ...text.split(/\s/).map((word) => measure(word, { size: 1, face })));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
