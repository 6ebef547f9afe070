/** Pages of a report: what stands above and below on each, and where the next thing goes. */
import type { ReportDocument } from "../../document.ts";
import { localTime } from "../cells.ts";
import { segment } from "../chart/canvas.ts";
import { PRINT } from "../chart/colours.ts";
import type { Sink } from "../formats.ts";
import type { Engine, TextStyle } from "./engine.ts";
import { wrapped } from "./text.ts";

/** A4 in points. */
const WIDTH = 595.28, HEIGHT = 841.89;
export const LEFT = 48, RIGHT = WIDTH - 48, TOP = 64, BOTTOM = HEIGHT - 54;
export const ROOM_WIDTH = RIGHT - LEFT;
/** Of a page that holds nothing else. */
export const ROOM_HEIGHT = BOTTOM - TOP;
const SMALL: TextStyle = { size: 7.5, tone: "muted" };

export interface Pages {
  engine: Engine;
  /** Where the next thing begins. */
  y: number;
  /** Of tables, so far. */
  cells: number;
  /** Left on this page. */
  room(): number;
  /** On another page, when so much does not fit on this one. Answers whether it is another. */
  ensure(height: number): Promise<boolean>;
  next(): Promise<void>;
  /** Lines of a text that fit the page, or a part of it. */
  lines(text: string, style: TextStyle, width?: number): string[];
  /** Draws a line; `Segment`s and frames are no content. */
  rule(y: number, tone?: "grid" | "muted"): void;
  end(): Promise<void>;
}

/** Opens the first page. */
export async function openPages(
  document: ReportDocument,
  engine: Engine,
  sink: Sink,
): Promise<Pages> {
  const total = engine.later("Total");
  let count = 0;
  const write = async () => {
    for (let bytes = engine.take(); bytes !== null; bytes = engine.take()) await sink(bytes);
  };
  const pages: Pages = {
    engine,
    y: TOP,
    cells: 0,
    room: () => BOTTOM - pages.y,
    async ensure(height) {
      if (height <= pages.room() || pages.y <= TOP) return false;
      await pages.next();
      return true;
    },
    async next() {
      engine.doc.addPage();
      count++;
      await write();
      engine.artifact(() => drawFrame(document, engine, count, total), "Pagination");
      pages.y = TOP;
    },
    lines: (text, style, width = ROOM_WIDTH) =>
      wrapped(text, width, (part) => engine.width(part, style)),
    rule: (y, tone = "grid") => engine.artifact(() => line(engine, y, tone)),
    async end() {
      total.draw(String(count), SMALL.size);
      engine.doc.end();
      await write();
    },
  };
  await pages.next();
  return pages;
}

function drawFrame(
  document: ReportDocument,
  engine: Engine,
  number: number,
  total: ReturnType<Engine["later"]>,
): void {
  const { site, title, zone } = document;
  const range = rangeText(document);
  engine.text(range, RIGHT - engine.width(range, SMALL), 40, SMALL);
  const room = ROOM_WIDTH - engine.width(range, SMALL) - 12;
  const [name, ...rest] = wrapped(`${site} · ${title}`, room, (part) => engine.width(part, SMALL));
  engine.text(rest.length === 0 ? name : `${name} …`, LEFT, 40, SMALL);
  line(engine, 47, "grid");
  const foot = HEIGHT - 32;
  engine.text(`Times: ${zone}`, LEFT, foot, SMALL);
  const page = `Page ${number} of `;
  // Room for a number of two digits beside it.
  const x = RIGHT - engine.width("00", SMALL) - engine.width(page, SMALL);
  engine.text(page, x, foot, SMALL);
  total.place(x + engine.width(page, SMALL), foot);
}

/** `2026-11-01 00:00 to 2026-12-01 00:00`. */
export function rangeText({ fromMs, toMs, zone }: ReportDocument): string {
  const short = (tMs: number) => localTime(tMs, zone).replace(/(\d\d:\d\d):00\b/, "$1");
  return `${short(fromMs)} to ${short(toMs)}`;
}

function line({ doc }: Engine, y: number, tone: "grid" | "muted"): void {
  doc.path(segment(LEFT, y, RIGHT, y)).lineWidth(0.5).stroke(PRINT[tone]);
}
