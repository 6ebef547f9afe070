/** A section of a report: heading, words, figures, charts, tables, notes, in this order. */
import type { ReportChart, ReportDocument, ReportSection } from "../../document.ts";
import { chartHeight, drawChart } from "../chart/draw.ts";
import { pdfCanvas } from "./canvas.ts";
import type { Tag, TextStyle } from "./engine.ts";
import { drawFigures, FIGURES_LEAST } from "./figures.ts";
import { marksOf } from "../marks.ts";
import { LEFT, type Pages, ROOM_WIDTH } from "./pages.ts";
import { drawTable, TABLE_LEAST } from "./table.ts";

const BODY: TextStyle = { size: 9 };
const NOTE: TextStyle = { size: 7.5, tone: "muted" };
const HEADING: TextStyle = { size: 14, face: "bold" };
const SUBHEADING: TextStyle = { size: 10, face: "bold" };
const LINE = 1.4;
/** A chart has so many bars or lanes at most, so that it fits a page; the others follow in another. */
const ROWS_MOST = 42, ROWS_BESIDE_LINES = 15;

/** Something that stands on its own; a heading stays with the beginning of the first of them. */
interface Block {
  /** Least room that it needs to begin. */
  least: number;
  draw(): Promise<void>;
}

export async function drawSection(
  pages: Pages,
  section: ReportSection,
  document: ReportDocument,
  root: Tag,
): Promise<void> {
  const tag = pages.engine.tag(root, "Sect");
  const [first, ...others] = blocksOf(pages, section, document, tag);
  const lines = pages.lines(section.title, HEADING);
  const tall = lines.length * HEADING.size * LINE + 8;
  await pages.ensure(tall + (first?.least ?? 0));
  pages.engine.doc.outline.addItem(section.title);
  heading(pages, tag, "H2", section.title, HEADING);
  for (const block of first === undefined ? [] : [first, ...others]) {
    await pages.ensure(block.least);
    await block.draw();
  }
  pages.y += 12;
  tag.end();
}

function blocksOf(
  pages: Pages,
  section: ReportSection,
  { zone }: ReportDocument,
  tag: Tag,
): Block[] {
  const marks = marksOf(section);
  const blocks: Block[] = section.paragraphs.map((text) => ({
    least: 2 * BODY.size * LINE,
    draw: () => paragraph(pages, tag, "P", text, BODY),
  }));
  if (section.figures.length > 0) {
    const draw = () => drawFigures(pages, section.figures, marks, tag);
    blocks.push({ least: FIGURES_LEAST, draw });
  }
  for (const chart of section.charts.flatMap(parted)) {
    const least = chartHeight(chart, ROOM_WIDTH) + titleHeight(pages, chart.title);
    blocks.push({ least, draw: () => drawFigure(pages, chart, zone, tag) });
  }
  for (const table of section.tables) {
    blocks.push({
      least: TABLE_LEAST + titleHeight(pages, table.title),
      async draw() {
        heading(pages, tag, "H3", table.title, SUBHEADING);
        if (table.rows.length === 0) return await paragraph(pages, tag, "P", "None.", BODY);
        await drawTable(pages, table, ({ note }) => marks(note), tag, zone);
      },
    });
  }
  for (const { id, text } of section.notes) {
    const draw = () => paragraph(pages, tag, "Note", `${marks(id)} ${text}`.trim(), NOTE);
    blocks.push({ least: 2 * NOTE.size * LINE, draw });
  }
  return blocks;
}

/** Many bars, or many lanes of states, as several charts of about as many each. */
function parted(chart: ReportChart): ReportChart[] {
  const { bars, bands } = chart;
  const all = bars.length > 0 ? bars : bands;
  const most = chart.lines.length > 0 ? ROWS_BESIDE_LINES : ROWS_MOST;
  if (all.length <= most) return [chart];
  const each = Math.ceil(all.length / Math.ceil(all.length / most));
  const parts: ReportChart[] = [];
  for (let from = 0; from < all.length; from += each) {
    const part = { bars: bars.slice(from, from + each), bands: bands.slice(from, from + each) };
    const more = from === 0 ? {} : { title: continued(chart.title), lines: [] };
    parts.push({ ...chart, ...more, ...part });
  }
  return parts;
}

function continued(title: string): string {
  return title === "" ? "" : `${title} (continued)`;
}

function titleHeight(pages: Pages, title: string): number {
  return title === "" ? 0 : pages.lines(title, SUBHEADING).length * SUBHEADING.size * LINE + 8;
}

/** Written whole on the page that it begins on. */
export function heading(
  pages: Pages,
  parent: Tag,
  type: "H1" | "H2" | "H3",
  text: string,
  style: TextStyle,
): void {
  if (text === "") return;
  const tag = pages.engine.tag(parent, type);
  tag.add(() => {
    for (const line of pages.lines(text, style)) {
      pages.engine.text(line, LEFT, pages.y + style.size, style);
      pages.y += style.size * LINE;
    }
  });
  tag.end();
  pages.y += type === "H3" ? 4 : 6;
}

/** Line by line: a long one goes on on the next page. */
export async function paragraph(
  pages: Pages,
  parent: Tag,
  type: string,
  text: string,
  style: TextStyle,
): Promise<void> {
  const tag = pages.engine.tag(parent, type);
  const lines = pages.lines(text, style);
  for (let from = 0; from < lines.length;) {
    await pages.ensure(style.size * LINE);
    const count = Math.max(1, Math.floor(pages.room() / (style.size * LINE)));
    const part = lines.slice(from, from + count);
    tag.add(() => {
      for (const line of part) {
        pages.engine.text(line, LEFT, pages.y + style.size, style);
        pages.y += style.size * LINE;
      }
    });
    from += count;
  }
  tag.end();
  pages.y += 5;
}

async function drawFigure(
  pages: Pages,
  chart: ReportChart,
  zone: string,
  parent: Tag,
): Promise<void> {
  const { engine } = pages;
  heading(pages, parent, "H3", chart.title, SUBHEADING);
  const tag = engine.tag(parent, "Figure", { alt: chart.alt });
  tag.add(() => {
    engine.doc.save().translate(LEFT, pages.y);
    drawChart(chart, { zone, width: ROOM_WIDTH }, pdfCanvas(engine));
    engine.doc.restore();
  });
  tag.end();
  pages.y += chartHeight(chart, ROOM_WIDTH) + 10;
  await Promise.resolve();
}
