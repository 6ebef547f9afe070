import type { VNode } from "preact";
import type { Priority, Ticket, TicketState } from "../../lib/tickets/ticket.ts";
import { dateTime } from "../../lib/words/times.ts";

export const STATE_NAMES: Record<TicketState, string> = {
  open: "open",
  in_progress: "in progress",
  resolved: "resolved",
  closed: "closed",
};
const STATE_MARKS: Record<TicketState, string> = {
  open: "○",
  in_progress: "◐",
  resolved: "●",
  closed: "✓",
};
const TONES: Record<Priority, string | null> = {
  low: null,
  normal: null,
  high: "warning",
  urgent: "critical",
};

/** A state as a mark and a word. */
export function StateWord({ state }: { state: TicketState }): VNode {
  return (
    <span class="status muted">
      <span class="mark" aria-hidden="true">{STATE_MARKS[state]}</span>
      {STATE_NAMES[state]}
    </span>
  );
}

/** A priority as a word; coloured while there is work to do. */
export function PriorityWord({ ticket }: { ticket: Ticket }): VNode {
  const tone = isUnresolved(ticket) ? TONES[ticket.priority] : null;
  return (
    <span class={`status ${tone ?? "muted"}`}>
      {tone && <span class="mark" aria-hidden="true">▲</span>}
      {`${ticket.priority} priority`}
    </span>
  );
}

/** `due 2026-01-05`, or that it is overdue; nothing without a due date. */
export function DueWord({ ticket, zone }: { ticket: Ticket; zone: string }): VNode | null {
  const { due_ms: dueMs, overdue } = ticket;
  if (dueMs === null) return null;
  const at = dateTime(dueMs, zone).slice(0, 16);
  return (
    <span class={`status ${overdue ? "critical" : "muted"}`}>
      {overdue && <span class="mark" aria-hidden="true">■</span>}
      {overdue ? "overdue since " : "due "}
      <time dateTime={new Date(dueMs).toISOString()}>{at}</time>
    </span>
  );
}

/** There is work to do. */
export function isUnresolved({ state }: Ticket): boolean {
  return state === "open" || state === "in_progress";
}
