import { fold, safeText } from "./text.ts";

/** The lines of a diff for a terminal of so many columns: all of it, as it is what somebody approves. */
export function diffRows(diff: string, columns: number): { text: string; kind: string }[] {
  return diff.replace(/\n$/, "").split("\n").flatMap((line) =>
    fold(safeText(line), columns).map((text) => ({ text, kind: line.slice(0, 1) }))
  );
}

/** Lines of a file as a diff leaves it. */
export interface CorrectedLine {
  /** From 1, in the corrected file. Null: lines between two places that change. */
  number: number | null;
  text: string;
  isNew: boolean;
}

const HUNK = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@/;

/** The corrected code of a unified diff, with its line numbers. */
export function correctedLines(diff: string): CorrectedLine[] {
  const lines: CorrectedLine[] = [];
  let number = 0;
  for (const line of diff.split("\n")) {
    const hunk = HUNK.exec(line);
    if (hunk !== null) {
      if (number > 0) lines.push({ number: null, text: "", isNew: false });
      number = Number(hunk[1]);
    } else if (number > 0 && (line.startsWith("+") || line.startsWith(" "))) {
      lines.push({ number: number++, text: line.slice(1), isNew: line.startsWith("+") });
    }
  }
  return lines;
}

/** At most so many of them: from two before the first new one on. */
export function around(lines: readonly CorrectedLine[], most: number): CorrectedLine[] {
  if (lines.length <= most) return [...lines];
  const first = Math.max(0, lines.findIndex((line) => line.isNew));
  const before = most > 4 ? 2 : 0;
  const from = Math.min(Math.max(0, first - before), lines.length - most);
  return lines.slice(from, from + most);
}
