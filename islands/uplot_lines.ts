import { unitText } from "../lib/words/numbers.ts";
import uPlot from "uplot";
import type { Annotation } from "../lib/annotations/annotation.ts";
import { dateTime } from "../lib/words/times.ts";
import { columnsOf, joined, lonelyPoints } from "./chart_columns.ts";
import { type Buckets, gapMs } from "./chart_data.ts";
import { type ComparedSensor, lookOf, shownWith, valueAt } from "./compare_data.ts";
import { rangeOf } from "./limits.ts";
import { drawAnnotations, drawStretches, textsAt } from "./uplot_marks.ts";
import {
  chooseBy,
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

/** Several sensors over each other: a line each, a scale for each unit, axes for the first two. */
export interface LinesChart {
  show(series: readonly Buckets[], fromMs: number, toMs: number): void;
  annotate(annotations: readonly Annotation[]): void;
  /** Moves the cursor by `step` steps; what stands there in words. */
  step(step: number): string | null;
  destroy(): void;
}

export interface LinesOptions {
  /** With the place that decides how their lines look. */
  sensors: readonly { sensor: ComparedSensor; look: number }[];
  zone: string;
  onZoom: (fromMs: number, toMs: number) => void;
  onBack: () => void;
}

export function createLines(root: HTMLElement, options: LinesOptions): LinesChart {
  const { sensors, zone } = options;
  const colours = coloursAt(root);
  const units = [...new Set(sensors.map(({ sensor }) => sensor.unit ?? ""))];
  const scaleOf = (unit: string | null) => `y${units.indexOf(unit ?? "")}`;
  let shown: readonly Buckets[] = [];
  let annotations: readonly Annotation[] = [];

  const range: uPlot.Scale.Range = (_, lo, hi) =>
    lo == null || hi == null ? [0, 1] : rangeOf(lo, hi, []);
  const axisOf = (unit: string, i: number): uPlot.Axis =>
    valueAxis(colours, null, {
      scale: `y${i}`,
      side: i === 0 ? 3 : 1,
      ...(unit === ""
        ? {}
        : { label: unitText(unit), labelSize: 16, size: 46, labelFont: "12px system-ui" }),
      ...(i === 0 ? {} : { grid: { show: false } }),
    });
  const plot = new uPlot(
    {
      ...sizeOf(root),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), zone),
      legend: { show: false },
      padding: [LANE_PX, 16, 0, 0],
      cursor: cursorOf({ size: 7, stroke: () => colours.of("--surface") }, options),
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      scales: {
        x: { time: true },
        ...Object.fromEntries(units.map((_, i) => [`y${i}`, { range }])),
      },
      axes: [timeAxis(colours, zone), ...units.slice(0, 2).map(axisOf)],
      series: [
        {},
        ...sensors.map(({ sensor, look }): uPlot.Series => {
          const { tone, dash } = lookOf(look);
          return {
            scale: scaleOf(sensor.unit),
            stroke: () => colours.of(tone),
            width: 1.5,
            dash: [...dash],
            points: {
              show: () => false,
              size: 4,
              filter: (u, series) => lonelyPoints(u.data[series]),
            },
          };
        }),
      ],
      hooks: {
        setSelect: [chooseBy(options.onZoom)],
        setCursor: [(u) => showTip(u)],
        drawAxes: [(u) => drawStretches(u, annotations, colours)],
        draw: [(u) => drawAnnotations(u, annotations, colours), () => lane.draw(annotations)],
      },
    },
    [[], ...sensors.map(() => [])],
    root,
  );
  const tip = createTip(plot);
  const lane = createLane(plot, zone);
  const touch = listenToTouch(plot, options.onZoom);
  const endFit = fitToPlace(plot, root);

  /** What stands at a time, a line for each sensor that has something there. */
  function linesAt(tMs: number): string[] {
    return sensors.flatMap(({ sensor }, i) => {
      const buckets = shown[i];
      const value = valueAt(buckets, tMs, gapMs(buckets.bucketMs, sensor.intervalMs));
      return value === null ? [] : [`${sensor.title}: ${shownWith(sensor, value)}`];
    });
  }

  function showTip(u: uPlot): void {
    const { left = -1 } = u.cursor;
    if (left < 0 || shown.length === 0) return tip(null, 0);
    const tMs = u.posToVal(left, "x") * 1000;
    const lines = [dateTime(tMs, zone), ...linesAt(tMs), ...textsAt(u, annotations, left)];
    tip(lines.join("\n"), left);
  }

  return {
    show(series, fromMs, toMs) {
      shown = series;
      const tables = series.map((buckets, i): uPlot.AlignedData => {
        const gap = gapMs(buckets.bucketMs, sensors[i].sensor.intervalMs);
        const { data: [t, , , mean] } = columnsOf(buckets, gap);
        return [t, mean];
      });
      plot.batch(() => {
        plot.setData(joined(tables), false);
        if (!touch.busy()) plot.setScale("x", { min: fromMs / 1000, max: toMs / 1000 });
      });
    },
    annotate(next) {
      annotations = next;
      plot.redraw(false);
    },
    step(step) {
      const width = plot.over.clientWidth;
      const { min, max } = plot.scales.x;
      if (min == null || max == null) return null;
      const stepPx = Math.max(1, width / 200);
      const before = plot.cursor.left ?? -1;
      const left = before < 0
        ? (step > 0 ? 0 : width - 1)
        : Math.max(0, Math.min(width - 1, before + step * stepPx));
      plot.setCursor({ left, top: 10 });
      const tMs = plot.posToVal(left, "x") * 1000;
      return [dateTime(tMs, zone), ...linesAt(tMs)].join(", ");
    },
    destroy: () => {
      endFit();
      plot.destroy();
      colours.end();
    },
  };
}
