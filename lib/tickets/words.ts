/** Tickets in words: changes and refusals. Pure. */
import { PerchError } from "../base/errors.ts";
import {
  mayMove,
  numberText,
  TICKET_ACTIONS,
  type TicketAction,
  type TicketRow,
  type TicketState,
} from "./ticket.ts";

/** Names as they are now; null: it is gone. */
export interface Names {
  person(id: string): string | null;
  machine(id: string): string | null;
}

/** What a change did: `priority normal → high, given to Ada`. */
export function changeText(before: TicketRow, after: TicketRow, names: Names): string {
  const parts: string[] = [];
  if (before.title !== after.title) parts.push(`title is now “${after.title}”`);
  if (before.description !== after.description) parts.push("description changed");
  if (before.priority !== after.priority) {
    parts.push(`priority ${before.priority} → ${after.priority}`);
  }
  if (before.assigneeId !== after.assigneeId) {
    const { assigneeId } = after;
    parts.push(`given to ${assigneeId === null ? "nobody" : names.person(assigneeId)}`);
  }
  if (before.dueMs !== after.dueMs) {
    parts.push(after.dueMs === null ? "no due date" : "due date changed");
  }
  if (before.machineId !== after.machineId) {
    const { machineId } = after;
    parts.push(machineId === null ? "no machine" : `machine is ${names.machine(machineId)}`);
  }
  return parts.join(", ");
}

/** A ticket as a thing that is changed. */
export function ticketKey({ id }: Pick<TicketRow, "id">): string {
  return `ticket:${numberText(id)}`;
}

/** What is written about an alarm or a ticket; whoever changes that heeds it. */
export function wordsKey(subject: string): string {
  return `${subject}/words`;
}

/** The refusal of a trigger (migration 0030), as that of any alarm that does not exist. */
export function orGone(name: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof PerchError) || !error.message.includes("the alarm is gone")) throw error;
    throw new PerchError("not_found", `the alarm ${name} was deleted just now`, {
      cause: error,
    });
  };
}

/** Words and files are added by several people at once; but not to what is changed in the same moment. */
export function remarkOn({ key }: { key: string }) {
  return { touches: [], heeds: [key], adds: [wordsKey(key)] };
}

export function fieldError(path: string, message: string): PerchError {
  return new PerchError("validation", `${path}: ${message}`, { errors: [{ path, message }] });
}

/** An alarm has one ticket. */
export function takenError({ id }: TicketRow): PerchError {
  return new PerchError("conflict", `the alarm has the ticket ${numberText(id)} already`, {
    about: [ticketKey({ id })],
  });
}

/** Somebody changed it since it was read. */
export function fasterError(row: TicketRow, nowMs: number): PerchError {
  return new PerchError(
    "conflict",
    `${row.changedBy ?? "Perch"} was faster: ${numberText(row.id)} was changed ` +
      `${since(row.changedMs, nowMs)} and is ${stateText(row.state)} now; load it again`,
  );
}

/** The action does not fit the state: says who brought it there, and what is possible. */
export function stateError(row: TicketRow, action: TicketAction, nowMs: number): PerchError {
  const possible = TICKET_ACTIONS.filter((other) => mayMove(row.state, other));
  return new PerchError(
    "conflict",
    `cannot ${action} ${numberText(row.id)}: it is ${stateText(row.state)} since ` +
      `${row.changedBy ?? "Perch"} changed it ${since(row.changedMs, nowMs)}; ` +
      `possible: ${possible.join(", ")}`,
  );
}

/** `in progress`. */
export function stateText(state: TicketState): string {
  return state.replace("_", " ");
}

function since(ms: number, nowMs: number): string {
  const s = Math.max(0, Math.round((nowMs - ms) / 1000));
  if (s < 90) return `${s} s ago`;
  return s < 90 * 60 ? `${Math.round(s / 60)} min ago` : `${Math.round(s / 3600)} h ago`;
}
