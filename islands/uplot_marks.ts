/** What is drawn on a chart beside its line: limits, anomalies, and what happened. */
import type uPlot from "uplot";
import type { Annotation } from "../lib/annotations/annotation.ts";
import { exact } from "../lib/words/numbers.ts";
import { annotationText, drawnUntil, markOf, toneOf } from "./annotation_words.ts";
import type { Mark } from "./anomaly_mark.ts";
import { serverNow } from "./live.ts";
import type { LimitBand } from "./limits.ts";
import type { Colours } from "./uplot_parts.ts";

const REACH_PX = 8;
const LABEL_PX = 12;
/** Of the texts beside the cursor. */
const TEXTS_MOST = 4;

/** Bands beyond the limits, with a line where each begins, and its name beside the line. */
export function drawLimits(u: uPlot, bands: readonly LimitBand[], colours: Colours): void {
  const { ctx, bbox } = u;
  const { min, max } = u.scales.y;
  if (min == null || max == null) return;
  const y = (value: number) => u.valToPos(Math.max(min, Math.min(max, value)), "y", true);
  ctx.save();
  for (const { from, to, level, edge } of bands) {
    const [top, bottom] = [y(to), y(from)];
    if (bottom - top < 1) continue;
    ctx.fillStyle = colours.of(`--${level}`);
    ctx.globalAlpha = 0.09;
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
    if (edge < min || edge > max) continue;
    ctx.globalAlpha = 0.8;
    ctx.fillRect(bbox.left, y(edge) - 0.5, bbox.width, 1);
  }
  ctx.restore();
}

/**
 * The names of the limits, above everything: beside the line on the side of its band, on the ground of the page, and
 * never on each other.
 */
export function nameLimits(u: uPlot, bands: readonly LimitBand[], colours: Colours): void {
  const { ctx, bbox } = u;
  const { min, max } = u.scales.y;
  if (min == null || max == null) return;
  const high = (LABEL_PX + 4) * devicePixelRatio;
  ctx.save();
  ctx.font = `${LABEL_PX * devicePixelRatio}px system-ui`;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  const right = bbox.left + bbox.width - 4 * devicePixelRatio;
  const taken: number[] = [];
  for (const { from, level, edge } of bands) {
    if (edge < min || edge > max) continue;
    const line = u.valToPos(edge, "y", true);
    const up = from === edge ? -1 : 1;
    let middle = line + up * (high / 2 + 2 * devicePixelRatio);
    while (taken.some((other) => Math.abs(other - middle) < high)) middle += up * high;
    middle = Math.max(bbox.top + high / 2, Math.min(bbox.top + bbox.height - high / 2, middle));
    taken.push(middle);
    const words = `${level} ${exact(edge)}`;
    const wide = ctx.measureText(words).width + 8 * devicePixelRatio;
    ctx.globalAlpha = 0.85;
    ctx.fillStyle = colours.of("--surface");
    ctx.fillRect(right - wide + 4 * devicePixelRatio, middle - high / 2, wide, high);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colours.of(`--${level}`);
    ctx.fillText(words, right, middle);
  }
  ctx.restore();
}

/** Where an anomaly stands: at its value, or at the line when it has none. */
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

/** Anomalies are red points. */
export function drawMarks(u: uPlot, marks: readonly Mark[], colours: Colours): void {
  const { ctx } = u;
  ctx.save();
  for (const mark of marks) {
    const at = placeOf(u, mark, true);
    if (at === null) continue;
    ctx.beginPath();
    ctx.arc(at.x, at.y, 4 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fillStyle = colours.of("--critical");
    ctx.fill();
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.strokeStyle = colours.of("--surface");
    ctx.stroke();
  }
  ctx.restore();
}

/** The anomaly under the cursor. */
export function markNear(u: uPlot, marks: readonly Mark[], left: number): Mark | null {
  let best: Mark | null = null, bestPx = REACH_PX;
  for (const mark of marks) {
    const at = placeOf(u, mark, false);
    if (at === null || Math.abs(at.x - left) >= bestPx) continue;
    best = mark;
    bestPx = Math.abs(at.x - left);
  }
  return best;
}

/** Beneath the line: stretches of maintenance, and of notes about more than a moment. */
export function drawStretches(
  u: uPlot,
  annotations: readonly Annotation[],
  colours: Colours,
): void {
  const { ctx, bbox } = u;
  ctx.save();
  for (const one of annotations) {
    if (one.kind !== "maintenance" && !(one.kind === "note" && one.until_ms !== null)) continue;
    const [left, right] = edgesOf(u, one);
    if (right <= left) continue;
    ctx.fillStyle = colours.of(`--${toneOf(one)}`);
    ctx.globalAlpha = 0.08;
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
}

/** Above the plot how long each lasted; through the plot a thin line where it began. Its mark: `uplot_lane.ts`. */
export function drawAnnotations(
  u: uPlot,
  annotations: readonly Annotation[],
  colours: Colours,
): void {
  const { ctx, bbox } = u;
  ctx.save();
  for (const one of annotations) {
    const [left, right] = edgesOf(u, one);
    if (right < left) continue;
    const tone = colours.of(`--${toneOf(one)}`);
    if (one.kind !== "maintenance" && right > left) {
      ctx.globalAlpha = 0.7;
      ctx.fillStyle = tone;
      ctx.fillRect(left, bbox.top - 2 * devicePixelRatio, right - left, 2 * devicePixelRatio);
    }
    if (one.at_ms / 1000 < u.scales.x.min!) continue;
    ctx.globalAlpha = 0.6;
    ctx.strokeStyle = tone;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(left, bbox.top);
    ctx.lineTo(left, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** What stands at the cursor, in words: at most a few. */
export function textsAt(u: uPlot, annotations: readonly Annotation[], left: number): string[] {
  const nowMs = serverNow();
  const near = annotations.filter((one) => {
    const from = u.valToPos(one.at_ms / 1000, "x");
    const to = u.valToPos(drawnUntil(one, nowMs) / 1000, "x");
    return one.kind === "maintenance"
      ? left >= from && left <= to
      : Math.abs(from - left) < REACH_PX;
  });
  const texts = near.slice(-TEXTS_MOST).map((one) => `${markOf(one)} ${annotationText(one)}`);
  return near.length > TEXTS_MOST ? [...texts, `and ${near.length - TEXTS_MOST} more`] : texts;
}

/** Canvas pixels of its beginning and end, within the plot; the second before the first: outside. */
function edgesOf(u: uPlot, one: Annotation): [number, number] {
  const { min, max } = u.scales.x;
  if (min == null || max == null) return [1, 0];
  const from = Math.max(min, one.at_ms / 1000);
  const to = Math.min(max, drawnUntil(one, serverNow()) / 1000);
  return from > max || to < min ? [1, 0] : [u.valToPos(from, "x", true), u.valToPos(to, "x", true)];
}
