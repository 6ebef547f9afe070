import type { VNode } from "preact";
import { type DiffLine, linesOf } from "../../lib/faults/corrections/diff_lines.ts";

const WORDS = { "+": "added", "-": "removed", " ": "", "@": "" } as const;

/** A unified diff, which can be read without colours: each line begins with its sign. */
export function Diff({ diff, target }: { diff: string; target: string }): VNode {
  return (
    <div class="scroll diff" tabIndex={0} role="region" aria-label={`Change of ${target}`}>
      <table>
        <caption class="hidden">
          Lines of {target}: their numbers before and after, and + for added, − for removed
        </caption>
        <tbody>{linesOf(diff).map((line, i) => <Line key={i} line={line} />)}</tbody>
      </table>
    </div>
  );
}

function Line({ line: { sign, text, before, after } }: { line: DiffLine }): VNode {
  if (sign === "@") {
    return (
      <tr class="hunk">
        <td colSpan={3}>
          <code>{text}</code>
        </td>
      </tr>
    );
  }
  return (
    <tr class={WORDS[sign] || undefined}>
      <td class="number">{before ?? ""}</td>
      <td class="number">{after ?? ""}</td>
      <td class="code">
        <span class="sign" aria-hidden="true">{sign === "-" ? "−" : sign}</span>
        {WORDS[sign] !== "" && <span class="hidden">{WORDS[sign]}:</span>}
        <code>{text}</code>
      </td>
    </tr>
  );
}
