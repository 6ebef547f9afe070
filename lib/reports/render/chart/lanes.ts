/** Strips of states, one below the other: named beside each where there is no plot, else above it. */
import type { ReportChart } from "../../document.ts";
import { type Canvas, roughWidth, segment, shortened } from "./canvas.ts";
import { drawState, spanBox } from "./states.ts";

const SIZE = 7.5, HEIGHT = 10, GAP = 5, LABEL = 10;
/** Names take this share of the width at most. */
const NAMES_SHARE = 0.3;

export interface LanePlace {
  left: number;
  right: number;
  /** Of the first lane. */
  top: number;
  isBeside: boolean;
}

function laneHeight(isBeside: boolean): number {
  return GAP + HEIGHT + (isBeside ? 0 : LABEL);
}

export function lanesHeight({ bands }: ReportChart, isBeside: boolean): number {
  return bands.length * laneHeight(isBeside);
}

/** Room that names need beside the lanes. */
export function namesWidth({ bands }: ReportChart, width: number): number {
  return Math.min(
    NAMES_SHARE * width,
    Math.max(0, ...bands.map(({ label }) => roughWidth(label, SIZE))) + 8,
  );
}

export function drawLanes(chart: ReportChart, place: LanePlace, canvas: Canvas): void {
  const { left, right, top, isBeside } = place;
  chart.bands.forEach(({ label, spans }, i) => {
    const bottom = top + (i + 1) * laneHeight(isBeside) - 1;
    const name = shortened(label, isBeside ? left - 8 : right - left, SIZE);
    const at = isBeside
      ? { x: left - 6, y: bottom - 2, align: "end" as const }
      : { x: left, y: bottom - HEIGHT - 4, align: "start" as const };
    canvas.text(name, { ...at, size: SIZE, tone: "text" });
    for (const span of spans) {
      const box = spanBox(span, chart, left, right - left);
      if (box !== null) drawState(canvas, span.state, { ...box, bottom, height: HEIGHT });
    }
    canvas.stroke(segment(left, bottom, right, bottom), { tone: "muted", width: 0.4 });
  });
}
