/** A unified diff line by line. Pure. */

/** Lines that it adds and takes away. */
export function changedLines(diff: string): number {
  return linesOf(diff).filter(({ sign }) => sign === "+" || sign === "-").length;
}

export interface DiffLine {
  sign: "+" | "-" | " " | "@";
  text: string;
  /** Number of the line before and after, from 1. */
  before: number | null;
  after: number | null;
}

/** The lines of a unified diff, without its head. */
export function linesOf(diff: string): DiffLine[] {
  const out: DiffLine[] = [];
  let [before, after] = [0, 0];
  for (const line of diff.split("\n")) {
    const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (hunk !== null) {
      // Of an empty side the number is that of the line before it.
      before = Number(hunk[1]) + (hunk[2] === "0" ? 1 : 0);
      after = Number(hunk[3]) + (hunk[4] === "0" ? 1 : 0);
      out.push({ sign: "@", text: line, before: null, after: null });
    } else if (out.length === 0) continue;
    else if (line.startsWith("+")) {
      out.push({ sign: "+", text: line.slice(1), before: null, after: after++ });
    } else if (line.startsWith("-")) {
      out.push({ sign: "-", text: line.slice(1), before: before++, after: null });
    } else if (line.startsWith(" ")) {
      out.push({ sign: " ", text: line.slice(1), before: before++, after: after++ });
    }
  }
  return out;
}
