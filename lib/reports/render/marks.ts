/** Notes are numbered within their section. Pure. */
import type { ReportSection } from "../document.ts";

/** The small number of a note, by its id; nothing for what has none. */
export type Marks = (note: string | undefined) => string;

export function marksOf({ notes }: ReportSection): Marks {
  const numbers = new Map(notes.map(({ id }, i) => [id, superscript(i + 1)]));
  return (note) => note === undefined ? "" : numbers.get(note) ?? "";
}

function superscript(value: number): string {
  return String(value).replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]);
}
