/** How a state looks: by its height too, so that it is seen in black and white. Pure. */
import { at, type Canvas, rectangle, segment, type Tone } from "./canvas.ts";

interface Look {
  tone: Tone;
  opacity: number;
  /** Share of the lane that it fills, from below. */
  height: number;
  inside: "full" | "striped" | "empty";
}

const LOOKS: Readonly<Record<string, Look>> = {
  normal: { tone: "muted", opacity: 0.45, height: 0.2, inside: "full" },
  warning: { tone: "warning", opacity: 0.85, height: 0.6, inside: "full" },
  critical: { tone: "critical", opacity: 1, height: 1, inside: "full" },
  unknown: { tone: "muted", opacity: 1, height: 0.6, inside: "striped" },
  silent: { tone: "muted", opacity: 1, height: 0.6, inside: "empty" },
  maintenance: { tone: "info", opacity: 1, height: 1, inside: "striped" },
};
const SAME: Readonly<Record<string, string>> = {
  ok: "normal",
  up: "normal",
  good: "normal",
  running: "normal",
  on: "normal",
  down: "critical",
  failed: "critical",
  failure: "critical",
  fault: "critical",
  offline: "silent",
  none: "unknown",
  planned: "maintenance",
};
const OTHER: Look = { tone: "series2", opacity: 0.7, height: 0.8, inside: "full" };
const STRIPE = 3;

export function lookOf(state: string): Look {
  const name = state.toLowerCase();
  return LOOKS[SAME[name] ?? name] ?? OTHER;
}

/** A stretch of a lane, whose lower edge is at `bottom`. */
export function drawState(
  canvas: Canvas,
  state: string,
  box: { x: number; width: number; bottom: number; height: number },
): void {
  const { tone, opacity, height, inside } = lookOf(state);
  const tall = box.height * height;
  const top = box.bottom - tall;
  if (inside === "full") return canvas.fill(rectangle(box.x, top, box.width, tall), tone, opacity);
  const outline = rectangle(box.x, top, box.width, tall);
  const stripes: string[] = [];
  const end = inside === "striped" ? box.x + box.width : box.x;
  for (let x = box.x + STRIPE; x < end; x += STRIPE) {
    const right = Math.min(x + tall / 2, box.x + box.width);
    stripes.push(segment(x, box.bottom, right, box.bottom - 2 * (right - x)));
  }
  canvas.stroke(outline + stripes.join(""), { tone, width: 0.5 });
}

/** Where a span lies; at least as wide as can be seen. */
export function spanBox(
  span: { fromMs: number; toMs: number },
  range: { fromMs: number; toMs: number },
  left: number,
  width: number,
): { x: number; width: number } | null {
  const from = Math.max(span.fromMs, range.fromMs), to = Math.min(span.toMs, range.toMs);
  if (!(to > from)) return null;
  const perMs = width / (range.toMs - range.fromMs);
  const x = left + (from - range.fromMs) * perMs;
  return { x: Number(at(x)), width: Number(at(Math.max(0.6, (to - from) * perMs))) };
}
