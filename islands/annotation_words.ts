/** What charts draw beside the readings, in words and marks. Pure: the server renders from it too. */
import type { Annotation } from "../lib/annotations/annotation.ts";
import { SEVERITY_MARKS } from "../lib/words/alarms.ts";
import { dateTime } from "../lib/words/times.ts";

const NAMES = { alarm: "Alarm", ticket: "Ticket", maintenance: "Maintenance", note: "Note" };

/** The mark that stands on the chart and in the list. */
export function markOf({ kind, severity }: Annotation): string {
  switch (kind) {
    case "alarm":
      return SEVERITY_MARKS[severity ?? "info"];
    case "ticket":
      return "▤";
    case "maintenance":
      return "◆";
    case "note":
      return "✎";
  }
}

/** Name of the custom property with its colour: colour is for state alone. */
export function toneOf({ kind, severity }: Annotation): "critical" | "warning" | "info" | "text" {
  return kind === "alarm" ? severity ?? "info" : kind === "maintenance" ? "info" : "text";
}

/** `Alarm: Press 3 temperature …`. */
export function annotationText({ kind, text }: Annotation): string {
  return `${NAMES[kind]}: ${text}`;
}

/** `07:31:20` or with its end; with the date. */
export function annotationTime({ at_ms, until_ms }: Annotation, zone: string): string {
  const from = dateTime(at_ms, zone);
  if (until_ms === null) return from;
  const to = dateTime(until_ms, zone);
  return `${from} to ${to.slice(0, 10) === from.slice(0, 10) ? to.slice(11) : to}`;
}

/** Its page. */
export function annotationHref({ kind, id }: Annotation): string {
  return kind === "maintenance" ? "/maintenance" : `/${kind}s/${encodeURIComponent(id)}`;
}

/** Until when it is drawn: what is open lasts until now, a note of a moment has no length. */
export function drawnUntil({ kind, at_ms, until_ms }: Annotation, nowMs: number): number {
  return until_ms ?? (kind === "note" ? at_ms : Math.max(at_ms, nowMs));
}

/** Those that would stand on each other are together, each group in the order of time; `place` in px. */
export function nearGroups<T>(
  all: readonly T[],
  place: (one: T) => number,
  apartPx: number,
): T[][] {
  const groups: { from: number; group: T[] }[] = [];
  for (const one of all.toSorted((a, b) => place(a) - place(b))) {
    const last = groups.at(-1);
    if (last !== undefined && place(one) - last.from < apartPx) last.group.push(one);
    else groups.push({ from: place(one), group: [one] });
  }
  return groups.map(({ group }) => group);
}

const WEIGHTS = ["text", "info", "warning", "critical"];

/** The one whose mark stands for all. */
export function worstOf(group: readonly Annotation[]): Annotation {
  return group.reduce((worst, one) =>
    WEIGHTS.indexOf(toneOf(one)) > WEIGHTS.indexOf(toneOf(worst)) ? one : worst
  );
}
