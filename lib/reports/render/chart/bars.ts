/** Bars side by side, from a common line at zero. */
import type { ReportChart } from "../../document.ts";
import { type Canvas, rectangle, roughWidth, segment, shortened } from "./canvas.ts";

const SIZE = 7.5, ROW = 15, BAR = 9, TOP = 4;

export function barsHeight({ bars }: ReportChart): number {
  return TOP + ROW * bars.length + 6;
}

export function drawBars({ bars }: ReportChart, width: number, canvas: Canvas): void {
  const widest = (texts: string[]) => Math.max(0, ...texts.map((text) => roughWidth(text, SIZE)));
  const left = Math.min(width * 0.35, widest(bars.map(({ label }) => label)) + 8);
  const right = width - Math.min(width * 0.3, widest(bars.map(({ text }) => text)) + 8);
  const values = bars.map(({ value }) => value).filter(Number.isFinite);
  const lo = Math.min(0, ...values), hi = Math.max(0, ...values);
  const x = (value: number) => left + (value - lo) / (hi - lo || 1) * (right - left);
  bars.forEach(({ label, value, text }, i) => {
    const top = TOP + i * ROW;
    const y = top + BAR - 1.5;
    const name = shortened(label, left - 7, SIZE);
    canvas.text(name, { x: left - 6, y, size: SIZE, tone: "text", align: "end" });
    if (Number.isFinite(value) && value !== 0) {
      const [from, to] = [x(Math.min(0, value)), x(Math.max(0, value))];
      canvas.fill(rectangle(from, top, to - from, BAR), "series1", 0.7);
    }
    const end = Number.isFinite(value) ? x(Math.max(0, value)) : x(0);
    const words = shortened(text, width - end - 4, SIZE);
    canvas.text(words, { x: end + 4, y, size: SIZE, tone: "text", align: "start" });
  });
  const bottom = TOP + bars.length * ROW - ROW + BAR + 3;
  canvas.stroke(segment(x(0), TOP - 2, x(0), bottom), { tone: "muted", width: 0.6 });
}
