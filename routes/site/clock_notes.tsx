import type { VNode } from "preact";
import type { ClockNote } from "../../lib/intake/clock_notes_store.ts";
import { grouped } from "../../lib/words/numbers.ts";
import { ago, DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/words/times.ts";
import { Table } from "../frame/parts.tsx";

/** Machines whose devices give times that are not believed; nothing when there is none. */
export function ClockNotes({ notes, nowMs }: { notes: ClockNote[]; nowMs: number }): VNode | null {
  if (notes.length === 0) return null;
  return (
    <section class="card" aria-labelledby="clocks">
      <h2 id="clocks">Clocks of devices</h2>
      <p class="muted">
        Readings with an impossible time are not lost: they are kept at their time of arrival, with
        a note.
      </p>
      <Table label="Table of devices with a wrong clock">
        <thead>
          <tr>
            <th scope="col">Machine</th>
            <th scope="col" class="text">What is wrong</th>
            <th scope="col" class="text">Its time, as sent</th>
            <th scope="col">Readings</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {notes.map((note) => (
            <tr key={note.machine}>
              <th scope="row">{note.machine}</th>
              <td class="text">{clockText(note)}</td>
              <td class="text">
                <code>{note.written === "" ? '""' : note.written}</code>
              </td>
              <td>{grouped(note.count)}</td>
              <td>{ago(nowMs - note.lastMs)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}

/** What is wrong with a clock. */
export function clockText({ fault, aheadMs }: Pick<ClockNote, "fault" | "aheadMs">): string {
  switch (fault) {
    case "unset":
      return "The device's clock is not set";
    case "ahead":
      return `The device's clock is ${span(aheadMs)} ahead`;
    case "unreadable":
      return "The device sends a time that cannot be read";
  }
}

function span(ms: number): string {
  const [unit, name] = ms >= 2 * DAY_MS
    ? [DAY_MS, "days"]
    : ms >= 2 * HOUR_MS
    ? [HOUR_MS, "hours"]
    : [MINUTE_MS, "minutes"];
  return `${grouped(Math.round(ms / unit))} ${name}`;
}
