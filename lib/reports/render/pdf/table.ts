/** A table over as many pages as it takes, with its titles on each. */
import type { ReportColumn, ReportTable } from "../../document.ts";
import { cellText, columnTitle } from "../cells.ts";
import { segment } from "../chart/canvas.ts";
import { PRINT } from "../chart/colours.ts";
import { columnsOf, type PlacedColumn } from "./columns.ts";
import type { Tag, TextStyle } from "./engine.ts";
import { LEFT, type Pages, RIGHT, ROOM_HEIGHT } from "./pages.ts";

const PAD = 3;
const LINE = 1.3;

/** So many cells of a report have tags of their own; beyond them a row has one, as each stays in memory. */
const TAGGED_CELLS = 20_000;

interface Drawing {
  pages: Pages;
  /** Whether each cell is tagged. */
  isFine: boolean;
  columns: PlacedColumn[];
  size: number;
  titles: string[][];
}

/** Least room that its titles and a row need. */
export const TABLE_LEAST = 48;

export async function drawTable(
  pages: Pages,
  table: ReportTable,
  marks: (column: ReportColumn) => string,
  parent: Tag,
  zone: string,
): Promise<void> {
  const { engine } = pages;
  const names = table.columns.map((column) => columnTitle(column) + marks(column));
  const textOf = (row: ReportTable["rows"][number], i: number) =>
    cellText(table.columns[i], row[i] ?? null, zone);
  const { columns, size } = columnsOf(
    table,
    names,
    textOf,
    (text, style) => engine.width(text, style),
  );
  const bold: TextStyle = { face: "bold", size };
  const titles = columns.map(({ width }, i) => pages.lines(names[i], bold, width));
  pages.cells += columns.length * table.rows.length;
  const drawing = { pages, isFine: pages.cells <= TAGGED_CELLS, columns, size, titles };
  const tag = engine.tag(parent, "Table");
  drawTitles(drawing, tag);
  for (const row of table.rows) {
    const cells = columns.map(({ width }, i) => pages.lines(textOf(row, i), { size }, width));
    await drawRow(drawing, cells, tag);
  }
  tag.end();
  pages.y += 10;
}

/** The line of titles; again on another page it is no content. */
function drawTitles({ pages, columns, size, titles }: Drawing, tag: Tag | null): void {
  const { engine } = pages;
  const style: TextStyle = { face: "bold", size };
  const top = pages.y;
  const row = tag === null ? null : engine.tag(tag, "TR");
  const most = Math.max(...titles.map((lines) => lines.length));
  columns.forEach((column, i) => {
    const lines = titles[i];
    const draw = () =>
      lines.forEach((line, j) => {
        const y = top + PAD + size + (most - lines.length + j) * size * LINE;
        engine.text(line, startOf(column, engine.width(line.trimEnd(), style)), y, style);
      });
    if (row === null) return engine.artifact(draw);
    const cell = engine.tag(row, "TH", { scope: "Column" });
    cell.add(draw);
    cell.end();
  });
  row?.end();
  pages.y = top + 2 * PAD + most * size * LINE;
  pages.rule(pages.y, "muted");
}

function startOf({ x, width, isRight }: PlacedColumn, wide: number): number {
  return isRight ? x + width - wide : x;
}

/** A row that is taller than what is left goes to the next page; one that is taller than a page is continued there. */
async function drawRow(drawing: Drawing, cells: string[][], table: Tag): Promise<void> {
  const { pages, isFine, columns, size } = drawing;
  const { engine } = pages;
  const tall = Math.max(1, ...cells.map((lines) => lines.length));
  const height = (lines: number) => 2 * PAD + lines * size * LINE;
  const isWhole = height(tall) < ROOM_HEIGHT / 2;
  const row = engine.tag(table, "TR");
  const tags = isFine ? columns.map(() => engine.tag(row, "TD")) : [];
  for (let from = 0; from < tall;) {
    const wanted = isWhole ? tall : 1;
    if (await pages.ensure(height(wanted))) drawTitles(drawing, null);
    const count = Math.min(
      tall - from,
      Math.max(1, Math.floor((pages.room() - 2 * PAD) / (size * LINE))),
    );
    const top = pages.y;
    const draw = (i: number) =>
      cells[i].slice(from, from + count).forEach((line, j) => {
        const x = startOf(
          columns[i],
          columns[i].isRight ? engine.width(line.trimEnd(), { size }) : 0,
        );
        engine.text(line, x, top + PAD + size + j * size * LINE - 0.5, { size });
      });
    tags.forEach((tag, i) => cells[i].some((line) => line !== "") && tag.add(() => draw(i)));
    if (!isFine) row.add(() => columns.forEach((_, i) => draw(i)));
    from += count;
    pages.y = top + height(count);
    engine.artifact(() =>
      engine.doc.path(segment(LEFT, pages.y, RIGHT, pages.y)).lineWidth(0.4).stroke(PRINT.grid)
    );
  }
  for (const tag of tags) tag.end();
  row.end();
}
