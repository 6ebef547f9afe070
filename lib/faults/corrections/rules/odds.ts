/** How likely it is that a sign is missing or too much at a place, by what stands around it. Pure. */
import type { Edit } from "./tree.ts";

/** A text that might be the right one. */
export interface Guess {
  edits: Edit[];
  text: string;
  /** How unlikely it is, apart from where it stands. */
  cost: number;
}

/** A name, number, text or sign. */
export interface Word {
  start: number;
  end: number;
  text: string;
}

const PAIRS: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** How many of an opening bracket are not closed; below 0: how many too many close. */
export function openOf(words: readonly Word[]): Readonly<Record<string, number>> {
  const open: Record<string, number> = { "(": 0, "[": 0, "{": 0 };
  for (const { text } of words) {
    if (text in open) open[text]++;
    else if (text in PAIRS) open[PAIRS[text]]--;
  }
  return open;
}

const isText = (word: Word | undefined) => /^["'`]/.test(word?.text ?? "");
const isName = (word: Word | undefined) => /^[A-Za-z_$]/.test(word?.text ?? "");

/** Added to the cost of a sign before `words[at]`. */
export function oddsOfAdded(
  words: readonly Word[],
  open: Readonly<Record<string, number>>,
  sign: string,
  at: number,
): number {
  const [before, after] = [words[at - 1], words[at]];
  const lead = words[at - 2]?.text;
  const begins = lead === "," || (lead === "{" && !isName(after));
  switch (sign) {
    case ")":
    case "]":
    case "}":
      return open[PAIRS[sign]] > 0 ? -1 : 1.5;
    case "(":
    case "[":
    case "{":
      return open[sign] < 0 ? 0.5 : 2;
    case ":":
      return begins && (isName(before) || isText(before)) ? -0.7 : 0.5;
    case "+":
      return isText(before) !== isText(after) && (isName(before) || isName(after)) ? -1.5 : 1;
    case ".":
      return 2;
    case '"':
    case "'":
    case "`":
      return 2;
    default:
      return 0;
  }
}

/** Added to the cost of leaving a sign out. */
export function oddsOfLeftOut(open: Readonly<Record<string, number>>, sign: string): number {
  if (sign in PAIRS) return open[PAIRS[sign]] < 0 ? -2.5 : 1;
  return sign in open ? (open[sign] > 0 ? -1 : 1) : 0;
}
