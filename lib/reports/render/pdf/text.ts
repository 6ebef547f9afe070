/** Lines of a text that fit a width. Pure. */

export type Measure = (text: string) => number;

/** What a page cannot show: control characters. Tabulators are spaces. */
const UNSEEN = /[\p{Cc}\u200b\ufeff]/gu;

/**
 * At least one line; words that are wider than a line are broken where it ends. A line that ends with a whole word ends
 * with the space behind it, which is not seen, so that who reads the text without its lines does not run words together.
 */
export function wrapped(text: string, width: number, measure: Measure): string[] {
  const lines: string[] = [];
  for (
    const paragraph of text.toWellFormed().replaceAll("\t", " ").replaceAll("\r\n", "\n").split(
      /[\n\r]/,
    )
  ) {
    lines.push(...paragraphLines(paragraph.replace(UNSEEN, ""), width, measure));
  }
  return lines;
}

function paragraphLines(paragraph: string, width: number, measure: Measure): string[] {
  const lines: string[] = [];
  const space = measure(" ");
  let line = "", used = 0;
  for (const word of paragraph.split(" ")) {
    const wide = measure(word);
    if (line !== "" && used + space + wide <= width) {
      line += ` ${word}`;
      used += space + wide;
      continue;
    }
    if (line !== "") lines.push(`${line} `);
    [line, used] = [word, wide];
    while (used > width && [...line].length > 1) {
      const head = fitting(line, width, measure);
      lines.push(head);
      line = line.slice(head.length);
      used = measure(line);
    }
  }
  return [...lines, line];
}

/** The beginning of a word that fits: one letter at least; after a `/`, `_`, `.` or `-` if one is near the end. */
function fitting(word: string, width: number, measure: Measure): string {
  let head = "", used = 0;
  for (const letter of word) {
    used += measure(letter);
    if (used > width && head !== "") break;
    head += letter;
  }
  const seam = /^.*[/_.:-](?=.)/su.exec(head)?.[0];
  return seam !== undefined && seam.length > head.length * 0.6 ? seam : head;
}
