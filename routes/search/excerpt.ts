/** A bit of a guide's text, for people who choose among what was found. Pure. */
import { folded, piecesOf } from "../../lib/words/matching.ts";

const CHARS = 160;
/** So much before the word, at most. */
const BEFORE = 40;

/** Markdown as it reads, in one line. */
export function plainOf(markdown: string): string {
  return markdown
    .replace(/^(```|~~~)[^]*?^\1.*$/gm, " ")
    .replace(/^(?: {4}|\|).*$/gm, " ")
    .replace(/^#+ .*$/gm, " ")
    .replace(/^\s*(?:[-*>]|\d+\.)\s+/gm, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*]|(?<!\w)_|_(?!\w)/g, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** The text around the first word that was asked for; without one its beginning. Empty: null. */
export function excerptOf(text: string, question: string): string | null {
  if (text === "") return null;
  // Where folding changes the length, a place in the one is none in the other.
  const flat = folded(text);
  const at = flat.length !== text.length
    ? 0
    : Math.max(0, Math.min(...piecesOf(question).map((piece) => placeIn(flat, piece))));
  const found = Number.isFinite(at) ? at : 0;
  const from = found <= CHARS - BEFORE ? 0 : text.indexOf(" ", found - BEFORE) + 1;
  const cut = text.slice(from, from + CHARS);
  const isCut = from + CHARS < text.length;
  const end = isCut ? Math.max(cut.lastIndexOf(" "), 1) : cut.length;
  return `${from > 0 ? "… " : ""}${cut.slice(0, end)}${isCut ? " …" : ""}`;
}

function placeIn(text: string, piece: string): number {
  const at = text.indexOf(piece);
  return at < 0 ? Infinity : at;
}
