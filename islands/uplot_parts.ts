/** What the charts of uPlot share: colours, axes, what a drag does, and how large they are. */
import uPlot from "uplot";
import { axisNumber, timeLabels } from "./chart_columns.ts";

/** Looks up a colour of the style sheet, as it is now. */
export interface Colours {
  of(name: string): string;
  end(): void;
}

/** Colours come from the style sheet's custom properties. */
export function coloursAt(root: HTMLElement): Colours {
  // A custom property holds `light-dark(…)`; the computed colour is the one of the two that is in force.
  const probe = document.createElement("span");
  probe.hidden = true;
  root.append(probe);
  return {
    of(name) {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    },
    end: () => probe.remove(),
  };
}

/** Space above the plot where marks of alarms, tickets and notes stand, in px. */
export const LANE_PX = 24;
const FONT = "12px system-ui";

export function timeAxis(colours: Colours, zone: string): uPlot.Axis {
  return {
    ...lines(colours),
    values: (_, splits, __, ___, step) => timeLabels(splits, step, zone),
    space: 70,
    size: 28,
    font: FONT,
  };
}

export function valueAxis(
  colours: Colours,
  decimals: number | null,
  more: Partial<uPlot.Axis> = {},
): uPlot.Axis {
  return {
    ...lines(colours),
    size: 58,
    font: FONT,
    values: (_, splits) => splits.map((value) => axisNumber(value, decimals)),
    ...more,
  };
}

function lines(colours: Colours): uPlot.Axis {
  return {
    stroke: () => colours.of("--muted"),
    grid: { stroke: () => colours.of("--line"), width: 1 },
    ticks: { show: false },
  };
}

/** A drag chooses a range, a double click goes back; `sync`: charts of this name share their cursor. */
export function cursorOf(
  points: uPlot.Cursor.Points,
  { onBack, sync }: { onBack: () => void; sync?: string },
): uPlot.Cursor {
  return {
    drag: { x: true, y: false, setScale: false },
    points,
    bind: {
      dblclick: () => () => {
        onBack();
        return null;
      },
    },
    ...(sync === undefined ? {} : {
      sync: {
        key: sync,
        setSeries: false,
        // The cursor alone: what is dragged in one of them is chosen once.
        filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
      },
    }),
  };
}

/** For the hook `setSelect`. */
export function chooseBy(onZoom: (fromMs: number, toMs: number) => void): (u: uPlot) => void {
  return (u) => {
    const { left, width } = u.select;
    if (width < 8) return;
    const fromMs = u.posToVal(left, "x") * 1000, toMs = u.posToVal(left + width, "x") * 1000;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    onZoom(fromMs, toMs);
  };
}

/** For the hook `ready`: a click that is no drag says at which time it was. */
export function clickBy(onClick: ((tMs: number) => void) | undefined): (u: uPlot) => void {
  return (u) => {
    let downX = 0;
    u.over.addEventListener("mousedown", ({ clientX }) => downX = clientX);
    u.over.addEventListener("click", (event) => {
      if (onClick === undefined || Math.abs(event.clientX - downX) >= 8) return;
      onClick(u.posToVal(event.clientX - u.over.getBoundingClientRect().left, "x") * 1000);
    });
  };
}

/** A text beside the cursor, kept within the plot. */
export function createTip(plot: uPlot): (text: string | null, left: number) => void {
  const tip = document.createElement("div");
  tip.className = "chart-tip";
  tip.hidden = true;
  plot.over.append(tip);
  return (text, left) => {
    tip.hidden = text === null;
    if (text === null) return;
    tip.textContent = text;
    const most = plot.over.clientWidth - tip.offsetWidth;
    tip.style.left = `${Math.max(0, Math.min(most, left - tip.offsetWidth / 2))}px`;
  };
}

/** As wide as its place; `low`: one of several beneath each other. */
export function sizeOf(root: HTMLElement, low = false): { width: number; height: number } {
  const width = Math.max(200, root.clientWidth);
  if (low) return { width, height: width < 600 ? 150 : 170 };
  return { width, height: width < 600 ? 260 : width < 1200 ? 340 : 440 };
}

/**
 * Keeps a chart as large as its place, on paper too, and in the colours of the page. Gives the function that ends it.
 */
export function fitToPlace(
  plot: uPlot,
  root: HTMLElement,
  low?: boolean,
): () => void {
  const fit = (paper?: { width: number } | null) =>
    plot.setSize({ ...sizeOf(root, low), ...paper });
  const recolour = () => plot.redraw(false);
  const observer = new ResizeObserver(() => fit());
  observer.observe(root);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", recolour);
  addEventListener("themechange", recolour);
  const endPaper = fitForPaper(fit);
  return () => {
    observer.disconnect();
    dark.removeEventListener("change", recolour);
    removeEventListener("themechange", recolour);
    endPaper();
  };
}

/**
 * Paper is as wide as it is, and white: before printing a chart is drawn so, and afterwards as it was. Gives the
 * function that ends it.
 */
function fitForPaper(redraw: (paper: { width: number } | null) => void): () => void {
  const page = document.documentElement;
  let theme: string | undefined;
  const before = () => {
    theme = page.dataset.theme;
    page.dataset.theme = "light";
    redraw({ width: PAPER_PX });
  };
  const after = () => {
    if (theme !== undefined) page.dataset.theme = theme;
    redraw(null);
  };
  addEventListener("beforeprint", before);
  addEventListener("afterprint", after);
  return () => {
    removeEventListener("beforeprint", before);
    removeEventListener("afterprint", after);
  };
}

/** A4 without its margins, less the frame of a chart. */
const PAPER_PX = 650;
