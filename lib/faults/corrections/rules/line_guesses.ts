/** Lines that may be missing, or brackets at the end of one, by indentation. Pure. */
import { type Guess, openOf, type Word } from "./odds.ts";
import { insert } from "./tree.ts";

/** A line that closes what stands deeper before it. */
export function* linesAdded(source: string, words: readonly Word[]): Iterable<Guess> {
  const open = openOf(words);
  const closers = [
    ...(open["{"] > 0 && open["("] > 0 ? [["});", "A brace and a parenthesis"]] : []),
    ...(open["{"] > 0 ? [["}", "A brace"], ["};", "A brace"]] : []),
    ...(open["["] > 0 ? [["]", "A bracket"], ["];", "A bracket"]] : []),
  ];
  if (closers.length === 0) return;
  const indents = [...new Set([...source.matchAll(/^[ \t]*(?=\S)/gm)].map(([indent]) => indent))];
  for (const at of lineStarts(source)) {
    const before = /([^\S\n]*)\S[^\n]*\s*$/.exec(source.slice(0, at))?.[1] ?? "";
    const indent = indents.filter((one) => one.length < before.length)
      .toSorted((a, b) => b.length - a.length).at(0);
    if (indent === undefined) continue;
    for (const [sign, name] of closers) {
      const lead = at === source.length && !source.endsWith("\n") ? "\n" : "";
      yield {
        edits: [insert(at, `${lead}${indent}${sign}\n`)],
        text: `${name} is missing: ${sign}`,
        cost: -0.7,
      };
    }
  }
}

/** The end of a line after which the text stands deeper. */
export function* blocksOpened(source: string, words: readonly Word[]): Iterable<Guess> {
  if (openOf(words)["{"] >= 0) return;
  for (
    const found of source.matchAll(
      /^([ \t]*)\S.*?(?:\)|else|=>|:|=|do|try)(?=[ \t]*\n\1[ \t]+\S)/gm,
    )
  ) {
    yield {
      edits: [insert(found.index + found[0].length, " {")],
      text: "A brace is missing: {",
      cost: -0.7,
    };
  }
}

const LINES_MOST = 300;
/** The last first: what is not closed is noticed at the end. */
function lineStarts(source: string): number[] {
  const starts = [...source.matchAll(/^/gm)].map(({ index }) => index);
  return [...new Set([...starts, source.length])].reverse().slice(0, LINES_MOST);
}
