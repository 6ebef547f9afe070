/** Above the plot: the marks of what happened, those too near to each other as one, each with a list of what it is. */
import type uPlot from "uplot";
import type { Annotation } from "../lib/annotations/annotation.ts";
import {
  annotationHref,
  annotationText,
  annotationTime,
  markOf,
  nearGroups,
  toneOf,
  worstOf,
} from "./annotation_words.ts";
import { at } from "./own.ts";

/** Marks nearer than that are one. */
const APART_PX = 28;

export interface Lane {
  /** For the hook `draw`. */
  draw(annotations: readonly Annotation[]): void;
}

export function createLane(plot: uPlot, zone: string): Lane {
  const lane = document.createElement("div");
  lane.className = "chart-marks";
  const list = document.createElement("ul");
  list.hidden = true;
  lane.append(list);
  plot.over.parentElement!.append(lane);
  const buttons = new Map<string, { button: HTMLButtonElement; group: Annotation[] }>();
  let open: string | null = null;

  function show(key: string | null): void {
    open = key;
    list.hidden = key === null;
    for (const [each, { button }] of buttons) button.ariaExpanded = String(each === key);
    if (key === null) return;
    const { button, group } = buttons.get(key)!;
    list.replaceChildren(...group.map((one) => rowOf(one, zone)));
    // Behind its button for the keyboard, within the plot for the eye.
    button.after(list);
    const most = lane.clientWidth - list.offsetWidth;
    list.style.left = `${Math.max(0, Math.min(most, button.offsetLeft - list.offsetWidth / 2))}px`;
  }

  function close(): void {
    if (open === null) return;
    const had = lane.contains(document.activeElement) && buttons.get(open)?.button;
    show(null);
    if (had) had.focus();
  }

  function made(key: string): HTMLButtonElement {
    const button = document.createElement("button");
    button.type = "button";
    button.ariaExpanded = "false";
    button.onclick = () => open === key ? close() : show(key);
    return button;
  }

  // The chart's own keys step through its points.
  lane.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") close();
  });
  lane.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget !== null && !lane.contains(relatedTarget as Node)) close();
  });
  plot.over.addEventListener("mousedown", close);

  return {
    draw(annotations) {
      const { min, max } = plot.scales.x;
      if (min == null || max == null) return;
      lane.style.left = `${plot.over.offsetLeft}px`;
      lane.style.width = `${plot.over.clientWidth}px`;
      const seen = new Set<string>();
      const inside = annotations.filter(({ at_ms }) => at_ms / 1000 >= min && at_ms / 1000 <= max);
      const place = ({ at_ms }: Annotation) => plot.valToPos(at_ms / 1000, "x");
      for (const group of nearGroups(inside, place, APART_PX)) {
        const [first] = group;
        const key = `${first.kind} ${first.id} ${first.at_ms}`;
        const button = buttons.get(key)?.button ?? made(key);
        if (!buttons.has(key)) lane.append(button);
        buttons.set(key, { button, group });
        seen.add(key);
        const worst = worstOf(group);
        button.className = `mark ${toneOf(worst)}`;
        button.textContent = group.length === 1 ? markOf(worst) : `${markOf(worst)}${group.length}`;
        const many = group.length === 1 ? "" : `${group.length} marks. `;
        button.ariaLabel = many + annotationText(worst);
        button.style.left = `${place(first)}px`;
        if (key === open && list.childElementCount !== group.length) show(key);
      }
      for (const [key, { button }] of buttons) {
        if (seen.has(key)) continue;
        if (key === open) close();
        button.remove();
        buttons.delete(key);
      }
    },
  };
}

function rowOf(one: Annotation, zone: string): HTMLLIElement {
  const row = document.createElement("li");
  const mark = document.createElement("span");
  mark.className = `mark ${toneOf(one)}`;
  mark.ariaHidden = "true";
  mark.textContent = markOf(one);
  const link = document.createElement("a");
  link.href = at(annotationHref(one));
  link.textContent = annotationText(one);
  const when = document.createElement("span");
  when.className = "muted";
  when.textContent = annotationTime(one, zone);
  row.append(mark, " ", link, " ", when);
  return row;
}
