/** What charts are drawn on: a PDF, or an SVG. Both get the same paths, so that the numbers agree. */

/** What is drawn, not how it looks: the page has its tokens, the PDF its print colours. */
export type Tone =
  | "text"
  | "muted"
  | "grid"
  | "surface"
  | "series1"
  | "series2"
  | "series3"
  | "good"
  | "info"
  | "warning"
  | "critical";

export interface Pen {
  tone: Tone;
  width: number;
  /** Lengths of stroke and gap. */
  dash?: readonly number[];
}

export interface TextAt {
  x: number;
  /** Of the base line. */
  y: number;
  size: number;
  tone: Tone;
  align: "start" | "middle" | "end";
}

export interface Canvas {
  /** Paths are written as in SVG; y grows downwards. */
  fill(path: string, tone: Tone, opacity: number): void;
  stroke(path: string, pen: Pen): void;
  text(text: string, at: TextAt): void;
}

/** A coordinate in a path; what is no number would break the whole drawing. */
export function at(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100 + 0) : "0";
}

export function rectangle(x: number, y: number, width: number, height: number): string {
  return `M${at(x)} ${at(y)}H${at(x + width)}V${at(y + height)}H${at(x)}Z`;
}

export function segment(x1: number, y1: number, x2: number, y2: number): string {
  return `M${at(x1)} ${at(y1)}L${at(x2)} ${at(y2)}`;
}

/** Letters that are much wider or narrower than others. */
const WIDE = /[mwMWQOG@%…–—]|[\u3000-\u{10ffff}]/u, NARROW = /[iljtfrI.,:;'|! ()[\]]/;

/** Of a text of size 1: rather too much than too little. */
function roughLetter(letter: string): number {
  return WIDE.test(letter) ? 1 : NARROW.test(letter) ? 0.42 : 0.66;
}

/** About how wide a text is: places follow from it, so it must not depend on what is drawn on. */
export function roughWidth(text: string, size: number): number {
  let width = 0;
  for (const letter of text) width += roughLetter(letter);
  return width * size;
}

/** Cut to a width, with an ellipsis. */
export function shortened(text: string, width: number, size: number): string {
  if (roughWidth(text, size) <= width) return text;
  let kept = "", used = roughWidth("…", size);
  for (const letter of text) {
    used += roughLetter(letter) * size;
    if (used > width) break;
    kept += letter;
  }
  return `${kept.trimEnd()}…`;
}
