/** What a ticket is, and how it moves: open → in progress → resolved → closed, and back. Pure. */
import { z } from "zod";
import { epochMs } from "../base/epoch.ts";
import { msField } from "../base/wire.ts";
import type { TicketRow as StoredTicket } from "../db/schema/tickets.ts";
import type { EventType } from "../events/event.ts";
import type { Severity } from "../words/severity.ts";
import { TICKET_VERDICTS, type TicketVerdict } from "../words/verdict.ts";

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
  /** Words after the number: `T-12 was started`. */
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

/** A ticket as it is kept; its columns are explained in `lib/db/schema/tickets.ts`. */
export type TicketRow = Omit<StoredTicket, "overdueReported">;

/** What people may set of a ticket. */
export const ticketFields = {
  title: z.string().trim().min(1, "must not be empty").max(200),
  description: z.string().max(4000).describe("Markdown"),
  priority: z.enum(PRIORITIES),
  assignee: z.string().max(200).nullable().describe("id or address of an engineer or admin"),
  due_ms: epochMs.nullable(),
  machine: z.string().max(2000).nullable().describe("path or id"),
};

/** A ticket as the API, the live stream, the pages and every delivery show it. */
export const ticketShape = z.object({
  id: z.string().describe("T-12"),
  title: z.string(),
  description: z.string().describe("Markdown"),
  state: z.enum(TICKET_STATES),
  priority: z.enum(PRIORITIES),
  assignee_id: z.string().nullable(),
  assignee: z.string().nullable().describe("name of the person"),
  due_ms: msField.nullable(),
  overdue: z.boolean().describe("past its due date and not resolved"),
  machine: z.string().nullable().describe("path"),
  machine_id: z.string().nullable(),
  machine_name: z.string().nullable(),
  alarm_id: z.string().nullable().describe("the alarm it is for"),
  verdict: z.enum(TICKET_VERDICTS).nullable()
    .describe("of its alarm; failed: the machine had failed"),
  note: z.string().nullable().describe("what was written when it was resolved"),
  created_ms: msField,
  created_by: z.string().nullable().describe("null: an alarm opened it"),
  changed_ms: msField,
  changed_by: z.string().nullable().describe("null: Perch itself"),
  started_ms: msField.nullable(),
  resolved_ms: msField.nullable(),
  resolved_by: z.string().nullable()
    .describe("null while open, and when its alarm ended by itself"),
  closed_ms: msField.nullable(),
  version: z.number().describe("send it with a change: an outdated one is refused"),
}).meta({ id: "Ticket" });

export type Ticket = z.output<typeof ticketShape>;

/** Body of every `ticket.*` event: the ticket after the change. */
export interface TicketEventBody {
  ticket: Ticket;
  /** What a person wrote with it: a resolve note, a comment. */
  note: string | null;
}

/** The columns that an action changes. */
export function moved(
  row: TicketRow,
  action: TicketAction,
  by: { name: string | null; atMs: number; note: string | null; verdict: TicketVerdict | null },
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

/** How urgent an event of a ticket is for those who are notified. */
export function severityOf(priority: Priority): Severity {
  return priority === "urgent" ? "critical" : priority === "high" ? "warning" : "info";
}
