/** What a correction changes, as people read it. */
import { createTwoFilesPatch } from "diff";
import { changedLines } from "./diff_lines.ts";

/** More changed lines than these are not proposed. */
export const CHANGED_MOST = 200;
const CONTEXT = 3;
/** What takes longer to compare is too different. */
const EDITS_MOST = 4 * CHANGED_MOST;

/** The unified diff; null: more is changed than is proposed. */
export function diffOf(target: string, before: string, after: string): string | null {
  const diff = createTwoFilesPatch(`a/${target}`, `b/${target}`, before, after, "", "", {
    context: CONTEXT,
    maxEditLength: EDITS_MOST,
  });
  if (diff === undefined) return null;
  // The line of equals signs is Subversion's; no other tool writes it.
  const unified = diff.replace(/^=+\n/, "");
  return changedLines(unified) > CHANGED_MOST ? null : unified;
}
