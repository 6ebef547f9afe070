/** What happened in the range of a chart, as a list, and the form of a note. */
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Annotation } from "../lib/annotations/annotation.ts";
import { dateTime } from "../lib/words/times.ts";
import {
  annotationHref,
  annotationText,
  annotationTime,
  markOf,
  toneOf,
} from "./annotation_words.ts";
import { sentence } from "../lib/words/sentence.ts";

const SHOWN = 8;

/** Alarms, tickets, maintenance and notes of the range, newest first. */
export function Happenings({ annotations, zone }: {
  annotations: readonly Annotation[];
  zone: string;
}): VNode {
  const newest = annotations.toReversed();
  return (
    <section class="happenings" aria-labelledby="happenings">
      <h2 id="happenings">In this range</h2>
      {newest.length === 0 && <p class="muted">No alarms, tickets, maintenance or notes.</p>}
      <Rows annotations={newest.slice(0, SHOWN)} zone={zone} />
      {newest.length > SHOWN && (
        <details>
          <summary>{`${newest.length - SHOWN} more`}</summary>
          <Rows annotations={newest.slice(SHOWN)} zone={zone} />
        </details>
      )}
    </section>
  );
}

function Rows({ annotations, zone }: { annotations: readonly Annotation[]; zone: string }): VNode {
  return (
    <ul>
      {annotations.map((one) => (
        <li key={`${one.kind} ${one.id} ${one.at_ms}`}>
          <span class={`mark ${toneOf(one)}`} aria-hidden="true">{markOf(one)}</span>
          <a href={annotationHref(one)}>{annotationText(one)}</a>{" "}
          <span class="muted">
            {annotationTime(one, zone)}
            {one.kind === "note" && `, by ${one.by}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The form of a note: opened by hand, at the time that was clicked on the chart, or now. */
export function AddNote({ sensor, atMs, zone, back, onAdded }: {
  /** Id. */
  sensor: string;
  /** Clicked on the chart. */
  atMs: number;
  zone: string;
  /** Where the page goes on without script. */
  back: string;
  onAdded: () => void;
}): VNode {
  const [problem, setProblem] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const at = dateTime(atMs, zone);

  /** Where even the script of it cannot be had, the browser sends it. */
  async function send(event: Event): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const module = await import("./send_note.ts").catch(() => null);
    if (module === null) return form.submit();
    const failed = await module.sendNote(form, { sensor, atMs, shownAt: local(at) });
    setProblem(failed && failed.problem);
    if (failed !== null) return;
    setOpen(false);
    onAdded();
  }

  return (
    <details
      class="add-note"
      open={open}
      onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}
    >
      <summary>{`Add a note at ${at.slice(11)}`}</summary>
      <form method="post" action="/notes/new" onSubmit={send}>
        <input type="hidden" name="sensor" value={sensor} />
        <input type="hidden" name="back" value={back} />
        <div class="field">
          <label for="note-text">Note</label>
          <textarea id="note-text" name="text" rows={2} required maxLength={500} />
        </div>
        <div class="field">
          <label for="note-at">When</label>
          <input
            id="note-at"
            name="at"
            type="datetime-local"
            step="1"
            required
            value={local(at)}
          />
          <p class="help">{`In the time zone ${zone}. A click on the chart sets it.`}</p>
        </div>
        <button type="submit">Add the note</button>
        {problem && <p class="error" role="alert">{sentence(problem)}</p>}
      </form>
    </details>
  );
}

const local = (at: string) => at.replace(" ", "T");
