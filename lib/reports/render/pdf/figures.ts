/** The numbers that a reader looks for first: large, side by side. */
import type { ReportFigure } from "../../document.ts";
import type { Tag, TextStyle } from "./engine.ts";
import type { Marks } from "../marks.ts";
import { LEFT, type Pages, ROOM_WIDTH } from "./pages.ts";

const ACROSS = 4, GAP = 12;
const LABEL: TextStyle = { size: 7.5, tone: "muted" };
const VALUE: TextStyle = { size: 14, face: "bold" };
/** Where a text is too long for its place. */
const LONG: TextStyle = { size: 9, face: "bold" };
const LINE = 1.3;

/** Least room of a line of them. */
export const FIGURES_LEAST = 44;

export async function drawFigures(
  pages: Pages,
  figures: readonly ReportFigure[],
  marks: Marks,
  parent: Tag,
): Promise<void> {
  pages.y += 4;
  const width = (ROOM_WIDTH - GAP * (ACROSS - 1)) / ACROSS;
  for (let from = 0; from < figures.length; from += ACROSS) {
    const row = figures.slice(from, from + ACROSS).map(({ label, text, note }) => {
      const value = pages.engine.width(text, VALUE) <= width ? VALUE : LONG;
      return {
        value,
        label: pages.lines(label + marks(note), LABEL, width),
        text: pages.lines(text, value, width),
      };
    });
    const labels = Math.max(...row.map(({ label }) => label.length)) * LABEL.size * LINE;
    const texts = Math.max(...row.map(({ text, value }) => text.length * value.size * LINE));
    await pages.ensure(labels + texts + 10);
    row.forEach((figure, i) => {
      const tag = pages.engine.tag(parent, "P");
      tag.add(() => draw(pages, figure, LEFT + i * (width + GAP), labels));
      tag.end();
    });
    pages.y += labels + texts + 10;
  }
  pages.y += 2;
}

function draw(
  pages: Pages,
  { label, text, value }: { label: string[]; text: string[]; value: TextStyle },
  x: number,
  labels: number,
): void {
  const put = (lines: string[], style: TextStyle, top: number) =>
    lines.forEach((line, i) =>
      pages.engine.text(line, x, top + style.size + i * style.size * LINE, style)
    );
  put(label.map((line) => `${line.trimEnd()} `), LABEL, pages.y);
  put(text, value, pages.y + labels + 2);
}
