/** Fingers on a chart: one moves through time, two zoom; up and down stay the page's own. */
import type uPlot from "uplot";

/** Less is a tap. */
const MOVED_PX = 10;
const LEAST_SPAN_S = 2;

export interface Touch {
  /** Fingers are on it: what is live does not move it meanwhile. */
  busy(): boolean;
}

/** `onMoved` gets the range that the fingers left. */
export function listenToTouch(
  plot: uPlot,
  onMoved: (fromMs: number, toMs: number) => void,
): Touch {
  const { over } = plot;
  const fingers = new Map<number, number>();
  let start: { min: number; max: number; at: number; apart: number } | null = null;
  let moved = false;

  /** Middle of the fingers and how far they are apart, in px of the plot. */
  const grip = () => {
    const xs = [...fingers.values()].slice(0, 2);
    return { at: (xs[0] + xs.at(-1)!) / 2, apart: Math.abs(xs[0] - xs.at(-1)!) };
  };
  const take = () => {
    const { min, max } = plot.scales.x;
    start = fingers.size === 0 || min == null || max == null ? null : { min, max, ...grip() };
  };
  const xOf = (event: PointerEvent) => event.clientX - over.getBoundingClientRect().left;

  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, xOf(event));
    if (fingers.size === 1) moved = false;
    take();
  });
  over.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId) || start === null) return;
    fingers.set(event.pointerId, xOf(event));
    const { at, apart } = grip();
    if (!moved && Math.abs(at - start.at) + Math.abs(apart - start.apart) < MOVED_PX) return;
    moved = true;
    const width = over.clientWidth;
    const span = start.max - start.min;
    const factor = fingers.size > 1 ? start.apart / Math.max(apart, 1) : 1;
    const next = Math.max(LEAST_SPAN_S, span * factor);
    // What was under the fingers stays under them.
    const held = start.min + span * start.at / width;
    const min = held - next * at / width;
    plot.setScale("x", { min, max: min + next });
  });
  const lift = (event: PointerEvent) => {
    if (!fingers.delete(event.pointerId)) return;
    take();
    if (fingers.size > 0 || !moved) return;
    const { min, max } = plot.scales.x;
    onMoved(min! * 1000, max! * 1000);
  };
  over.addEventListener("pointerup", lift);
  over.addEventListener("pointercancel", lift);
  return { busy: () => fingers.size > 0 && moved };
}
