/**
 * What nobody reads of a bundled file taken out: comments, indentation, and spaces beside brackets and commas. Lines
 * stay lines and names stay names, so that a stack still says where something failed.
 *
 * What is left is ASCII: V8 keeps a text with one other letter in it as two bytes a letter, on its heap, and uses one
 * without where it lies in the binary.
 */
import { parse, type Token } from "acorn";

/** Beside these no space says anything. */
const APART = /[(){}[\],;:]/;

/**
 * `source`, a module of JavaScript, shorter and as ASCII.
 * @throws Error for what is no JavaScript
 */
export function slim(source: string): string {
  const tokens: Token[] = [];
  parse(source, { ecmaVersion: "latest", sourceType: "module", onToken: tokens });
  const parts: string[] = [];
  let at = 0;
  let before = "";
  for (const { start, end } of tokens) {
    const word = source.slice(start, end);
    parts.push(gap(source.slice(at, start), before, word[0] ?? ""), ascii(word));
    at = end;
    if (word !== "") before = word.at(-1)!;
  }
  return parts.join("") + gap(source.slice(at), before, "");
}

/** What has to stand where `between` stood: its lines, or the space that keeps two words apart. */
function gap(between: string, before: string, after: string): string {
  const lines = between.split("\n").length - 1;
  if (lines > 0) return "\n".repeat(lines);
  return between === "" || APART.test(before) || APART.test(after) ? "" : " ";
}

/** Texts, templates and expressions read an escaped letter as that letter; so do names. */
function ascii(word: string): string {
  return word.replace(
    /[^\0-\x7f]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
