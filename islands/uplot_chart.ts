import uPlot from "uplot";
import { dateTime } from "../lib/words/times.ts";
import { axisNumber, columnsOf, timeLabels } from "./chart_columns.ts";
import type { Buckets } from "./chart_data.ts";
import type { Mark } from "./anomaly_list.tsx";
import { exact, number } from "../lib/words/numbers.ts";
import { type LimitBand, rangeOf } from "./limits.ts";

/** A chart of one sensor: min/max band, mean line, gaps, zoom by dragging. */
export interface Chart {
  /** Draws `buckets` over `[fromMs, toMs]`. */
  show(buckets: Buckets, fromMs: number, toMs: number, gap: number): void;
  /** Anomalies are red points; the reason shows beside the cursor. */
  mark(marks: readonly Mark[]): void;
  /** Moves the cursor by `step` points and gives the index of that bucket; null when there is none. */
  step(step: number): number | null;
  resize(): void;
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
}

const MARK_REACH_PX = 8;

/** Creates the chart in `root`; colours come from the style sheet's custom properties. */
export function createChart(root: HTMLElement, options: ChartOptions): Chart {
  const { zone, decimals, bands } = options;
  // A custom property holds `light-dark(…)`; the computed colour is the one of the two that is in force.
  const probe = document.createElement("span");
  probe.hidden = true;
  root.append(probe);
  const colour = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  let indexOfBucket: number[] = [];
  let marks: readonly Mark[] = [];

  /** Where a mark stands: at its value, or at the line when it has none. */
  function placeOf(u: uPlot, mark: Mark, canvas: boolean): { x: number; y: number } | null {
    const x = mark.at_ms / 1000;
    if (x < (u.scales.x.min ?? Infinity) || x > (u.scales.x.max ?? -Infinity)) return null;
    const line = u.data[3][u.valToIdx(x)];
    let value = mark.value ?? line ?? null;
    if (value === null) return null;
    // A spike inside a step is drawn at the edge of its band: never outside of what is shown.
    value = Math.min(u.scales.y.max ?? value, Math.max(u.scales.y.min ?? value, value));
    return { x: u.valToPos(x, "x", canvas), y: u.valToPos(value, "y", canvas) };
  }

  /** Bands beyond the limits, with a line and a name where each begins. */
  function drawLimits(u: uPlot): void {
    const { ctx, bbox } = u;
    const { min, max } = u.scales.y;
    if (min == null || max == null) return;
    const y = (value: number) => u.valToPos(Math.max(min, Math.min(max, value)), "y", true);
    ctx.save();
    ctx.font = `${12 * devicePixelRatio}px system-ui`;
    ctx.textAlign = "right";
    for (const { from, to, level, edge } of bands) {
      const [top, bottom] = [y(to), y(from)];
      if (bottom - top < 1) continue;
      ctx.fillStyle = colour(`--${level}`);
      ctx.globalAlpha = 0.09;
      ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
      if (edge < min || edge > max) continue;
      ctx.globalAlpha = 0.8;
      ctx.fillRect(bbox.left, y(edge) - 0.5, bbox.width, 1);
      ctx.globalAlpha = 1;
      const above = from === edge;
      ctx.textBaseline = above ? "bottom" : "top";
      const words = `${level} ${exact(edge)}`;
      ctx.fillText(
        words,
        bbox.left + bbox.width - 6 * devicePixelRatio,
        y(edge) + (above ? -2 : 2),
      );
    }
    ctx.restore();
  }

  function drawMarks(u: uPlot): void {
    const { ctx } = u;
    ctx.save();
    for (const mark of marks) {
      const at = placeOf(u, mark, true);
      if (at === null) continue;
      ctx.beginPath();
      ctx.arc(at.x, at.y, 4 * devicePixelRatio, 0, 2 * Math.PI);
      ctx.fillStyle = colour("--critical");
      ctx.fill();
      ctx.lineWidth = 1.5 * devicePixelRatio;
      ctx.strokeStyle = colour("--surface");
      ctx.stroke();
    }
    ctx.restore();
  }

  /** The mark under the cursor. */
  function markNear(u: uPlot, left: number): Mark | null {
    let best: Mark | null = null, bestPx = MARK_REACH_PX;
    for (const mark of marks) {
      const at = placeOf(u, mark, false);
      if (at === null || Math.abs(at.x - left) >= bestPx) continue;
      best = mark;
      bestPx = Math.abs(at.x - left);
    }
    return best;
  }

  const plot = new uPlot(
    {
      ...sizeOf(root),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      legend: { show: false },
      cursor: {
        drag: { x: true, y: false, setScale: false },
        // The band's edges are no lines: only the mean is marked.
        points: {
          size: (_, series) => series === 3 ? 7 : 0,
          fill: () => colour("--text"),
          stroke: () => colour("--surface"),
        },
        bind: {
          dblclick: () => () => {
            options.onBack();
            return null;
          },
        },
      },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      scales: {
        x: { time: true },
        // Some air above and below, also around a constant.
        y: { range: (_, lo, hi) => lo == null || hi == null ? [0, 1] : rangeOf(lo, hi, bands) },
      },
      axes: [
        {
          stroke: () => colour("--muted"),
          grid: { stroke: () => colour("--line"), width: 1 },
          ticks: { show: false },
          values: (_, splits, __, ___, step) => timeLabels(splits, step, zone),
          space: 70,
          size: 28,
          font: "12px system-ui",
        },
        {
          stroke: () => colour("--muted"),
          grid: { stroke: () => colour("--line"), width: 1 },
          ticks: { show: false },
          size: 58,
          font: "12px system-ui",
          values: (_, splits) => splits.map((value) => axisNumber(value, decimals)),
        },
      ],
      series: [
        {},
        { stroke: "transparent", points: { show: false } },
        { stroke: "transparent", points: { show: false } },
        {
          stroke: () => colour("--series"),
          width: 1.5,
          points: { show: (_u, _s, from, to) => to - from < 2, size: 4 },
        },
      ],
      bands: [{ series: [1, 2], fill: () => colour("--band") }],
      hooks: {
        setSelect: [(u) => {
          const { left, width } = u.select;
          if (width < 8) return;
          const fromMs = u.posToVal(left, "x") * 1000, toMs = u.posToVal(left + width, "x") * 1000;
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          options.onZoom(fromMs, toMs);
        }],
        setCursor: [(u) => tip(u)],
        drawAxes: [drawLimits],
        draw: [drawMarks],
      },
    },
    [[], [], [], []],
    root,
  );

  const note = document.createElement("div");
  note.className = "chart-tip";
  note.hidden = true;
  plot.over.append(note);

  function tip(u: uPlot): void {
    const { idx, left } = u.cursor;
    const mean = idx == null ? null : u.data[3][idx];
    note.hidden = mean == null || left === undefined || left < 0;
    if (note.hidden) return;
    const [min, max] = [u.data[2][idx!]!, u.data[1][idx!]!];
    const unit = options.unit === null ? "" : ` ${options.unit}`;
    const text = (value: number) => number(value, decimals);
    const spread = min === max ? "" : ` (${text(min)} to ${text(max)})`;
    const at = dateTime(u.data[0][idx!] * 1000, zone);
    note.textContent = `${at}   ${text(mean!)}${unit}${spread}`;
    const near = markNear(u, left!);
    if (near !== null) note.textContent += `\n${near.reason}`;
    const x = u.valToPos(u.data[0][idx!], "x");
    const most = u.over.clientWidth - note.offsetWidth;
    note.style.left = `${Math.max(0, Math.min(most, x - note.offsetWidth / 2))}px`;
  }

  return {
    show(buckets, fromMs, toMs, gap) {
      const columns = columnsOf(buckets, gap);
      indexOfBucket = columns.indexOfBucket;
      plot.batch(() => {
        plot.setData(columns.data, false);
        plot.setScale("x", { min: fromMs / 1000, max: toMs / 1000 });
      });
    },
    mark(next) {
      marks = next;
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
    resize: () => plot.setSize(sizeOf(root)),
    destroy: () => {
      plot.destroy();
      probe.remove();
    },
  };
}

function sizeOf(root: HTMLElement): { width: number; height: number } {
  const width = Math.max(200, root.clientWidth);
  return { width, height: width < 600 ? 240 : width < 1200 ? 340 : 440 };
}
