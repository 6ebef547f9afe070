import type { VNode } from "preact";
import type { Trial } from "../../lib/faults/corrections/correction.ts";
import { type DiffLine, linesOf } from "../../lib/faults/corrections/diff_lines.ts";
import { Table } from "../frame/parts.tsx";

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

/** What the stored messages gave before and give with it. */
export function TriedMessages({ messages }: { messages: Trial["messages"] }): VNode {
  const changed = messages.filter((one) => one.changed).length;
  return (
    <details class="table">
      <summary>
        {`Messages, before and with it (${changed} of ${messages.length} differ)`}
      </summary>
      <Table label="Messages, before and with it">
        <thead>
          <tr>
            <th scope="col" class="text">Message</th>
            <th scope="col" class="text">Before</th>
            <th scope="col" class="text">With it</th>
          </tr>
        </thead>
        <tbody>
          {messages.map(({ topic, payload, before, after, changed }, i) => (
            <tr key={i} class={changed ? "differs" : undefined}>
              <td class="text wide">
                <span class="muted">{topic}</span> <code>{payload}</code>
              </td>
              <td class="text wide">
                <code>{before}</code>
              </td>
              <td class="text wide">
                {changed ? <code>{after}</code> : <span class="muted">the same</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </details>
  );
}
