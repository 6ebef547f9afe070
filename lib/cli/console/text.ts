/**
 * Text for a terminal. What comes from devices, scripts and models must neither speak to the terminal nor change
 * how other text is read, and its width must be known.
 */

/** Controls, line separators, what changes direction, what is invisible, and halves of pairs. */
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]|[\u{e0000}-\u{e0fff}]|\p{Cs}|\p{Co}|\p{Cn}/gu;
/** More than two marks on a letter grow over the lines above and below. */
const MARKS = /(\p{M}{2})\p{M}+/gu;
const LONE_MARK = /^\p{M}+/u;

const escaped = (char: string) => {
  const code = char.codePointAt(0)!;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, "0")}`;
};

/** One line that shows what is in a text and does nothing else. */
export function safeText(text: string): string {
  return text
    .replace(/\t/g, "  ")
    .replace(/\r\n|\r(?=$)|\n/g, " ")
    .replace(UNSAFE, escaped)
    .replace(MARKS, "$1")
    .replace(LONE_MARK, "");
}

const WIDE =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}]/u;
const MARK = /^\p{M}/u;

/** Columns that a character takes. */
function widthOf(char: string): number {
  if (char < "\u0300") return 1;
  if (MARK.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

/** Columns that a safe text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const char of text) width += widthOf(char);
  return width;
}

/** The beginning of a safe text, with `…` where more would follow. */
export function clip(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns <= 0) return "";
  return `${head(text, columns - 1)[0]}…`;
}

/** As much as fits, and the rest. */
function head(text: string, columns: number): [string, string] {
  let width = 0;
  let at = 0;
  for (const char of text) {
    const next = width + widthOf(char);
    if (next > columns) break;
    width = next;
    at += char.length;
  }
  return [text.slice(0, at), text.slice(at)];
}

/** A safe text in lines of so many columns, broken at spaces where it can be; the last of `most` says that more follows. */
export function wrap(text: string, columns: number, most = Infinity): string[] {
  // A wide character must fit.
  const room = Math.max(2, columns);
  const lines: string[] = [];
  let rest = text.trim();
  while (rest !== "") {
    if (lines.length === most - 1) return [...lines, clip(rest, room)];
    let [line, after] = head(rest, room);
    const space = line.lastIndexOf(" ");
    if (after !== "" && !after.startsWith(" ") && space > room / 3) {
      after = line.slice(space) + after;
      line = line.slice(0, space);
    }
    lines.push(line.trimEnd());
    rest = after.trimStart();
  }
  return lines.length === 0 ? [""] : lines;
}

/** What follows on the next line: nothing in it can be taken for a line of its own. */
const ON = " \u2026 ";

/** A safe text in lines of so many columns, with every space of it; what does not fit goes on below. */
export function fold(text: string, columns: number): string[] {
  const room = Math.max(2, columns - ON.length);
  let [line, rest] = head(text, Math.max(columns, 2));
  const lines = [line];
  while (rest !== "") {
    [line, rest] = head(rest, room);
    lines.push(ON + line);
  }
  return lines;
}
