import type { VNode } from "preact";
import type { DialectView } from "../../lib/sources/devices/view.ts";
import { grouped } from "../../lib/words/numbers.ts";
import { ago } from "../../lib/words/times.ts";
import { Table } from "../frame/parts.tsx";

const NOTES = 5;

/** What came in which dialect of devices; nothing where none was heard. */
export function Dialects(
  { dialects, nowMs }: { dialects: readonly DialectView[]; nowMs: number },
): VNode | null {
  const heard = dialects.filter(({ devices, messages }) => devices > 0 || messages > 0);
  if (heard.length === 0) return null;
  const notes = heard.flatMap(({ title, notes }) =>
    notes.slice(0, NOTES).map((note) => ({ title, ...note }))
  );
  return (
    <section class="card" aria-labelledby="dialects">
      <h2 id="dialects">Devices that announce themselves</h2>
      <Table label="Devices by what they are seen as">
        <thead>
          <tr>
            <th scope="col">Seen as</th>
            <th scope="col">Devices</th>
            <th scope="col">Messages</th>
            <th scope="col">Refused</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {heard.map(({ name, title, enabled, devices, messages, refused, lastMs }) => (
            <tr key={name}>
              <th scope="row">{enabled ? title : `${title} (switched off)`}</th>
              <td>{grouped(devices)}</td>
              <td>{grouped(messages)}</td>
              <td>{grouped(refused)}</td>
              <td>{lastMs === null ? "–" : ago(nowMs - lastMs)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      {notes.length > 0 && (
        <ul class="muted">
          {notes.map(({ title, what, count }) => (
            <li key={`${title} ${what}`}>
              {`${title}: ${what}, ${count === 1 ? "once" : `${grouped(count)} times`}`}
            </li>
          ))}
        </ul>
      )}
      <p class="muted">
        Each is a switch of its own in the <a href="/settings">settings</a>.
      </p>
    </section>
  );
}
