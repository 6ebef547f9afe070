import type { VNode } from "preact";
import type { Trial } from "../../lib/faults/corrections/correction.ts";
import { Table } from "../frame/parts.tsx";

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
