/** Draws a chart: lines with their bands, limits, states, or bars. */
import type { ReportChart } from "../../document.ts";
import { barsHeight, drawBars } from "./bars.ts";
import { at, type Canvas, roughWidth, segment, shortened } from "./canvas.ts";
import { drawLanes, lanesHeight, namesWidth } from "./lanes.ts";
import { drawLegend, legendHeight, legendOf } from "./legend.ts";
import { labelled } from "./limits.ts";
import { lineLook } from "./looks.ts";
import { type Scale, scaleOf } from "./scale.ts";
import { rangeOf, thin, type ThinLine } from "./thin.ts";
import { timeTicks } from "./time_axis.ts";

export interface DrawOptions {
  zone: string;
  width: number;
}

const PLOT_HEIGHT = 132, EMPTY_HEIGHT = 26, AXIS_HEIGHT = 14, UNIT_HEIGHT = 12;
const SIZE = 7.5;
interface Plot {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** How tall a chart becomes at a width. */
export function chartHeight(chart: ReportChart, width: number): number {
  if (chart.bars.length > 0) return barsHeight(chart);
  const plot = hasPlot(chart) ? UNIT_HEIGHT + plotHeight(chart) : 2;
  return plot + lanesHeight(chart, !hasPlot(chart)) + AXIS_HEIGHT +
    legendHeight(legendOf(chart), width);
}

/** A chart of states alone has no plot. */
function hasPlot(chart: ReportChart): boolean {
  return chart.lines.length > 0 || chart.bands.length === 0;
}

function plotHeight(chart: ReportChart): number {
  return isEmpty(chart) ? EMPTY_HEIGHT : PLOT_HEIGHT;
}

function isEmpty({ lines, fromMs, toMs }: ReportChart): boolean {
  return !lines.some(({ tMs, mean }) =>
    tMs.some((t, i) => t >= fromMs && t < toMs && Number.isFinite(mean[i]))
  );
}

export function drawChart(chart: ReportChart, { zone, width }: DrawOptions, canvas: Canvas): void {
  if (chart.bars.length > 0) return drawBars(chart, width, canvas);
  const lines = chart.lines.map((line) => thin(line, chart));
  const range = rangeOf(lines);
  const scale = range === null
    ? null
    : scaleOf(range[0], range[1], chart.limits.map(({ value }) => value));
  const plot = placed(chart, scale, width);
  if (hasPlot(chart)) {
    if (scale === null) drawEmpty(plot, canvas);
    else drawPlot(chart, lines, scale, { ...plot, width }, canvas);
  }
  const isBeside = !hasPlot(chart);
  const lanes = { left: plot.left, right: plot.right, top: plot.bottom, isBeside };
  drawLanes(chart, lanes, canvas);
  const y = plot.bottom + lanesHeight(chart, isBeside);
  drawTimes(chart, zone, plot, y, canvas);
  drawLegend(legendOf(chart), { left: plot.left, top: y + AXIS_HEIGHT, width }, canvas);
}

/** Room for the words beside the plot: values on the left, limits on the right. */
function placed(chart: ReportChart, scale: Scale | null, width: number): Plot {
  const values = scale?.ticks.map(({ label }) => roughWidth(label, SIZE)) ?? [];
  const limits = scale === null
    ? []
    : labelled(chart, scale).map(({ text }) => roughWidth(text, SIZE));
  const top = hasPlot(chart) ? UNIT_HEIGHT : 2;
  return {
    left: hasPlot(chart)
      ? Math.max(24, ...values.map((value) => value + 6))
      : namesWidth(chart, width),
    right: width - Math.min(width / 4, Math.max(14, ...limits.map((limit) => limit + 8))),
    top,
    bottom: top + (hasPlot(chart) ? plotHeight(chart) : 0),
  };
}

function drawEmpty({ left, right, top, bottom }: Plot, canvas: Canvas): void {
  canvas.stroke(segment(left, bottom, right, bottom), { tone: "muted", width: 0.6 });
  const text = { x: (left + right) / 2, y: (top + bottom) / 2 + 3, size: SIZE + 0.5 };
  canvas.text("No readings in this range", { ...text, tone: "muted", align: "middle" });
}

function drawPlot(
  chart: ReportChart,
  lines: readonly ThinLine[],
  scale: Scale,
  { left, right, top, bottom, width }: Plot & { width: number },
  canvas: Canvas,
): void {
  const y = (value: number) => bottom - (value - scale.lo) / (scale.hi - scale.lo) * (bottom - top);
  const x = (tMs: number) =>
    left + (tMs - chart.fromMs) / (chart.toMs - chart.fromMs) * (right - left);
  for (const { value, label } of scale.ticks) {
    canvas.stroke(segment(left, y(value), right, y(value)), { tone: "grid", width: 0.5 });
    canvas.text(label, {
      ...{ x: left - 4, y: y(value) + SIZE / 3, size: SIZE },
      ...{ tone: "muted", align: "end" },
    });
  }
  if (chart.unit !== null && chart.unit !== "") {
    const text = shortened(chart.unit, right - left, SIZE);
    canvas.text(text, { x: left, y: top - 4, size: SIZE, tone: "muted", align: "start" });
  }
  lines.forEach((line, i) => drawLine(line, i, x, y, canvas));
  for (const limit of labelled(chart, scale)) {
    const at = y(limit.value);
    const isCritical = limit.severity === "critical";
    const dash = isCritical ? undefined : [4, 2];
    const pen = { tone: limit.severity, width: isCritical ? 1 : 0.8, dash };
    canvas.stroke(segment(left, at, right, at), pen);
    const label = bottom - limit.place * (bottom - top);
    canvas.stroke(segment(right, at, right + 4, label), { tone: limit.severity, width: 0.5 });
    canvas.text(shortened(limit.text, width - right - 6, SIZE), {
      ...{ x: right + 6, y: label + SIZE / 3, size: SIZE },
      ...{ tone: limit.severity, align: "start" },
    });
  }
  canvas.stroke(segment(left, bottom, right, bottom), { tone: "muted", width: 0.6 });
}

/** The band from lowest to highest, and the line of means on it; a single point is a dot. */
function drawLine(
  { runs }: ThinLine,
  index: number,
  x: (tMs: number) => number,
  y: (value: number) => number,
  canvas: Canvas,
): void {
  const { tone, dash } = lineLook(index);
  let band = "", line = "", dots = "";
  for (const run of runs) {
    if (run.length === 1) {
      const [{ tMs, min, mean, max }] = run;
      dots += `M${at(x(tMs) - 0.6)} ${at(y(mean))}H${at(x(tMs) + 0.6)}`;
      if (max > min) dots += segment(x(tMs), y(min), x(tMs), y(max));
      continue;
    }
    const upper = run.map(({ tMs, max }) => `${at(x(tMs))} ${at(y(max))}`);
    const lower = run.map(({ tMs, min }) => `${at(x(tMs))} ${at(y(min))}`).reverse();
    if (run.some(({ min, max }) => max > min)) band += `M${[...upper, ...lower].join("L")}Z`;
    line += `M${run.map(({ tMs, mean }) => `${at(x(tMs))} ${at(y(mean))}`).join("L")}`;
  }
  if (band !== "") canvas.fill(band, tone, 0.25);
  if (line !== "") canvas.stroke(line, { tone, width: 0.9, dash });
  if (dots !== "") canvas.stroke(dots, { tone, width: 1.2 });
}

function drawTimes(chart: ReportChart, zone: string, plot: Plot, y: number, canvas: Canvas): void {
  const { left, right } = plot;
  const perMs = (right - left) / (chart.toMs - chart.fromMs);
  const most = Math.max(2, Math.floor((right - left) / 62));
  let free = -Infinity;
  for (const { tMs, label } of timeTicks(chart.fromMs, chart.toMs, zone, most)) {
    const x = left + (tMs - chart.fromMs) * perMs;
    canvas.stroke(segment(x, y, x, y + 3), { tone: "muted", width: 0.6 });
    const half = roughWidth(label, SIZE) / 2;
    const middle = Math.max(left + half - 6, Math.min(right - half + 12, x));
    if (middle - half < free) continue;
    free = middle + half + 4;
    canvas.text(label, { x: middle, y: y + 11, size: SIZE, tone: "muted", align: "middle" });
  }
}
