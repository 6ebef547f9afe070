import uPlot from "uplot";
import type { Annotation } from "../lib/annotations/annotation.ts";
import { number, withUnit } from "../lib/words/numbers.ts";
import { dateTime } from "../lib/words/times.ts";
import { foundWords, type Mark } from "./anomaly_mark.ts";
import { columnsOf, lonelyPoints } from "./chart_columns.ts";
import type { Buckets } from "./chart_data.ts";
import { type LimitBand, rangeOf } from "./limits.ts";
import {
  drawAnnotations,
  drawLimits,
  drawMarks,
  drawStretches,
  markNear,
  nameLimits,
  textsAt,
} from "./uplot_marks.ts";
import {
  chooseBy,
  clickBy,
  coloursAt,
  createTip,
  cursorOf,
  fitToPlace,
  LANE_PX,
  sizeOf,
  timeAxis,
  valueAxis,
} from "./uplot_parts.ts";
import { createLane } from "./uplot_lane.ts";
import { listenToTouch } from "./uplot_touch.ts";

/** A chart of one sensor: min/max band, mean line, gaps, zoom by dragging or with two fingers. */
export interface Chart {
  /** Draws `buckets` over `[fromMs, toMs]`. */
  show(buckets: Buckets, fromMs: number, toMs: number, gap: number): void;
  /** Anomalies are red points; the reason shows beside the cursor. */
  mark(marks: readonly Mark[]): void;
  /** What happened beside the readings. */
  annotate(annotations: readonly Annotation[]): void;
  /** Moves the cursor by `step` points and gives the index of that bucket; null when there is none. */
  step(step: number): number | null;
  destroy(): void;
}

export interface ChartOptions {
  unit: string | null;
  decimals: number | null;
  /** Drawn beneath the line, each with its name. */
  bands: readonly LimitBand[];
  zone: string;
  onZoom: (fromMs: number, toMs: number) => void;
  onBack: () => void;
  /** A click that is no drag. */
  onClick?: (tMs: number) => void;
  /** Charts of this name share their cursor; they are lower. */
  sync?: string;
}

/** Creates the chart in `root`. */
export function createChart(root: HTMLElement, options: ChartOptions): Chart {
  const { zone, decimals, bands, sync } = options;
  const colours = coloursAt(root);
  const low = sync !== undefined;
  let indexOfBucket: number[] = [];
  let marks: readonly Mark[] = [];
  let annotations: readonly Annotation[] = [];

  const plot = new uPlot(
    {
      ...sizeOf(root, low),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      legend: { show: false },
      padding: [LANE_PX, 16, 0, 0],
      // The band's edges are no lines: only the mean is marked.
      cursor: cursorOf({
        size: (_, series) => series === 3 ? 7 : 0,
        fill: () => colours.of("--text"),
        stroke: () => colours.of("--surface"),
      }, options),
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      scales: {
        x: { time: true },
        // Some air above and below, also around a constant.
        y: { range: (_, lo, hi) => lo == null || hi == null ? [0, 1] : rangeOf(lo, hi, bands) },
      },
      axes: [timeAxis(colours, zone), valueAxis(colours, decimals)],
      series: [
        {},
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
        {
          stroke: () => colours.of("--series"),
          width: 1.5,
          points: {
            show: (_u, _s, from, to) => to - from < 2,
            size: 4,
            filter: (u, series, all) => all ? null : lonelyPoints(u.data[series]),
          },
        },
      ],
      bands: [{ series: [1, 2], fill: () => colours.of("--band") }],
      hooks: {
        ready: [clickBy(options.onClick)],
        setSelect: [chooseBy(options.onZoom)],
        setCursor: [(u) => showTip(u)],
        drawAxes: [
          (u) => drawLimits(u, bands, colours),
          (u) => drawStretches(u, annotations, colours),
        ],
        draw: [
          () => lane.draw(annotations),
          (u) => drawAnnotations(u, annotations, colours),
          (u) => drawMarks(u, marks, colours),
          (u) => nameLimits(u, bands, colours),
        ],
      },
    },
    [[], [], [], []],
    root,
  );
  const tip = createTip(plot);
  const lane = createLane(plot, zone);
  const touch = listenToTouch(plot, options.onZoom);
  const endFit = fitToPlace(plot, root, low);

  function showTip(u: uPlot): void {
    const { idx, left = -1 } = u.cursor;
    if (left < 0) return tip(null, 0);
    const mean = idx == null ? null : u.data[3][idx];
    const lines = textsAt(u, annotations, left);
    if (mean == null) return tip(lines.length === 0 ? null : lines.join("\n"), left);
    const [min, max] = [u.data[2][idx!]!, u.data[1][idx!]!];
    const text = (value: number) => number(value, decimals);
    const spread = min === max ? "" : ` (${text(min)} to ${text(max)})`;
    lines.unshift(
      `${dateTime(u.data[0][idx!] * 1000, zone)}   ${withUnit(text(mean), options.unit)}${spread}`,
    );
    const near = markNear(u, marks, left);
    if (near !== null) lines.push(foundWords(near, options.unit, decimals));
    tip(lines.join("\n"), u.valToPos(u.data[0][idx!], "x"));
  }

  return {
    show(buckets, fromMs, toMs, gap) {
      const columns = columnsOf(buckets, gap);
      indexOfBucket = columns.indexOfBucket;
      plot.batch(() => {
        plot.setData(columns.data, false);
        if (!touch.busy()) plot.setScale("x", { min: fromMs / 1000, max: toMs / 1000 });
      });
    },
    mark(next) {
      marks = next;
      plot.redraw(false);
    },
    annotate(next) {
      annotations = next;
      plot.redraw(false);
    },
    step(step) {
      if (indexOfBucket.length === 0) return null;
      const at = plot.cursor.idx ?? -1;
      const here = indexOfBucket.findLastIndex((i) => i <= at);
      const next = here < 0
        ? (step > 0 ? 0 : indexOfBucket.length - 1)
        : Math.max(0, Math.min(indexOfBucket.length - 1, here + step));
      const i = indexOfBucket[next];
      plot.setCursor({
        left: plot.valToPos(plot.data[0][i], "x"),
        top: plot.valToPos(plot.data[3][i]!, "y"),
      });
      return next;
    },
    destroy: () => {
      endFit();
      plot.destroy();
      colours.end();
    },
  };
}
