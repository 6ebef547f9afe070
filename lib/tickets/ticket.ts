/** What a ticket is, and how it moves: open → in progress → resolved → closed, and back. Pure. */
import type { TicketRow as StoredTicket } from "../db/schema/tickets.ts";
import type { EventType } from "../events/event.ts";
import type { Severity } from "../words/severity.ts";
import type { Verdict } from "../words/verdict.ts";

export const TICKET_STATES = ["open", "in_progress", "resolved", "closed"] as const;
export type TicketState = typeof TICKET_STATES[number];

/** Least first. */
export const PRIORITIES = ["low", "normal", "high", "urgent"] as const;
export type Priority = typeof PRIORITIES[number];

/** States in which there is work to do. */
export const UNRESOLVED: readonly TicketState[] = ["open", "in_progress"];

interface Move {
  from: readonly TicketState[];
  to: TicketState;
  event: EventType;
  /** What it says after the number. */
  done: string;
}

/** The workflow: each action, from which states it is possible, and where it leads. */
export const MOVES = {
  start: { from: ["open"], to: "in_progress", event: "ticket.started", done: "was started" },
  resolve: { from: UNRESOLVED, to: "resolved", event: "ticket.resolved", done: "was resolved" },
  close: { from: ["resolved"], to: "closed", event: "ticket.closed", done: "was closed" },
  reopen: {
    from: ["resolved", "closed"],
    to: "open",
    event: "ticket.reopened",
    done: "was opened again",
  },
} as const satisfies Record<string, Move>;
export type TicketAction = keyof typeof MOVES;
export const TICKET_ACTIONS = Object.keys(MOVES) as TicketAction[];

/** True when the action is possible in this state. */
export function mayMove(state: TicketState, action: TicketAction): boolean {
  return (MOVES[action].from as readonly TicketState[]).includes(state);
}

/** A ticket as it is kept; what its columns mean is said in `lib/db/schema/tickets.ts`. */
export type TicketRow = Omit<StoredTicket, "overdueTold">;

/** A ticket as the API, the live stream, the pages and every delivery show it. */
export interface Ticket {
  /** `T-12`. */
  id: string;
  title: string;
  /** Markdown. */
  description: string;
  state: TicketState;
  priority: Priority;
  assignee_id: string | null;
  /** Name of the person. */
  assignee: string | null;
  due_ms: number | null;
  /** Past its due date and not resolved. */
  overdue: boolean;
  /** Path. */
  machine: string | null;
  machine_id: string | null;
  /** What people call the machine. */
  machine_name: string | null;
  alarm_id: string | null;
  /** What was said of its alarm. */
  verdict: Verdict | null;
  /** What was said when it was resolved. */
  note: string | null;
  created_ms: number;
  /** Null: an alarm opened it. */
  created_by: string | null;
  changed_ms: number;
  /** Null: Perch itself. */
  changed_by: string | null;
  started_ms: number | null;
  resolved_ms: number | null;
  /** Null while open, and when its alarm ended by itself. */
  resolved_by: string | null;
  closed_ms: number | null;
  /** Grows with each change: who sends an old one back is told that somebody was faster. */
  version: number;
}

/** Body of every `ticket.*` event: the ticket after the change. */
export interface TicketEventBody {
  ticket: Ticket;
  /** What was said with it: a resolve note, a comment. */
  note: string | null;
}

/** The columns that an action changes. */
export function moved(
  row: TicketRow,
  action: TicketAction,
  by: { name: string | null; atMs: number; note: string | null; verdict: Verdict | null },
): Partial<TicketRow> {
  const { name, atMs, note, verdict } = by;
  const change: Partial<TicketRow> = { state: MOVES[action].to, ...changedBy(name, atMs) };
  switch (action) {
    case "start":
      return { ...change, startedMs: row.startedMs ?? atMs };
    case "resolve":
      return {
        ...change,
        resolvedMs: atMs,
        resolvedBy: name,
        note,
        verdict: verdict ?? row.verdict,
      };
    case "close":
      return { ...change, closedMs: atMs };
    case "reopen":
      return { ...change, resolvedMs: null, resolvedBy: null, closedMs: null, note: null };
  }
}

/** Who changed it last. */
export function changedBy(name: string | null, atMs: number): Partial<TicketRow> {
  return { changedMs: atMs, changedBy: name };
}

/** Not resolved, and its due date is over. */
export function isOverdue({ state, dueMs }: TicketRow, nowMs: number): boolean {
  return dueMs !== null && dueMs <= nowMs && UNRESOLVED.includes(state);
}

/** `T-12`. */
export function numberText(id: number): string {
  return `T-${id}`;
}

/** Number of `T-12` or `12`; null when it is none. */
export function numberOf(text: string): number | null {
  const digits = /^(?:[Tt]-)?(\d{1,12})$/.exec(text)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** How urgent an event of a ticket is for whoever is to be told. */
export function severityOf(priority: Priority): Severity {
  return priority === "urgent" ? "critical" : priority === "high" ? "warning" : "info";
}
