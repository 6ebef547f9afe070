/** What lines and states are called, below a chart. */
import type { ReportChart } from "../../document.ts";
import { type Canvas, roughWidth, segment, shortened } from "./canvas.ts";
import { lineLook } from "./looks.ts";
import { drawState } from "./states.ts";

export type LegendEntry = { line: number; text: string } | { state: string; text: string };

const SIZE = 7.5, ROW = 12, KEY = 14, GAP = 14, TOP = 4;
const MOST_WIDTH = 240;

/** A single line needs no name: the chart's title says it. */
export function legendOf({ lines, bands }: ReportChart): LegendEntry[] {
  const states = new Set(bands.flatMap(({ spans }) => spans.map(({ state }) => state)));
  return [
    ...(lines.length > 1 ? lines.map(({ label }, line) => ({ line, text: label })) : []),
    ...[...states].sort().map((state) => ({ state, text: state })),
  ];
}

export function legendHeight(entries: readonly LegendEntry[], width: number): number {
  if (entries.length === 0) return 2;
  return TOP + ROW * (1 + Math.max(...placesOf(entries, width).map(({ row }) => row)));
}

function placesOf(entries: readonly LegendEntry[], width: number): { x: number; row: number }[] {
  let x = 0, row = 0;
  return entries.map(({ text }) => {
    const wide = KEY + 4 + roughWidth(shown(text), SIZE) + GAP;
    if (x > 0 && x + wide > width - 24) [x, row] = [0, row + 1];
    const place = { x, row };
    x += wide;
    return place;
  });
}

function shown(text: string): string {
  return shortened(text, MOST_WIDTH, SIZE);
}

export function drawLegend(
  entries: readonly LegendEntry[],
  { left, top, width }: { left: number; top: number; width: number },
  canvas: Canvas,
): void {
  placesOf(entries, width).forEach((place, i) => {
    const entry = entries[i];
    const x = left + place.x;
    const y = top + TOP + place.row * ROW + 8;
    if ("state" in entry) {
      drawState(canvas, entry.state, { x, width: KEY, bottom: y, height: 8 });
    } else {
      const { tone, dash } = lineLook(entry.line);
      canvas.stroke(segment(x, y - 3, x + KEY, y - 3), { tone, width: 1.2, dash });
    }
    const text = shown(entry.text);
    canvas.text(text, { x: x + KEY + 4, y, size: SIZE, tone: "text", align: "start" });
  });
}
