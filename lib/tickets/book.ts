import type { Clock } from "../base/clock.ts";
import { onWire } from "../base/wire.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import type { EventType } from "../events/event.ts";
import type { EventLog } from "../events/events_store.ts";
import type { MachineDirectory } from "../machines/sensor.ts";
import {
  isOverdue,
  numberText,
  severityOf,
  type Ticket,
  type TicketEventBody,
  type TicketRow,
  ticketShape,
} from "./ticket.ts";
import { createTicketStore, type TicketStore } from "./ticket_store.ts";

/** A person who may be given a ticket. */
export interface Assignee {
  id: string;
  name: string;
  /** Active, and engineer or above. */
  able: boolean;
}

export interface BookDeps {
  db: Database;
  clock: Clock;
  events: Pick<EventLog, "statement">;
  machines: Pick<MachineDirectory, "find" | "all">;
  people: {
    /** By id or address. */
    find(idOrEmail: string): Assignee | undefined;
  };
}

/** What people and alarms alike need to write a ticket down. */
export interface TicketBook {
  store: TicketStore;
  /** As everybody sees it, with the names of now. */
  json(row: TicketRow): Ticket;
  /** A new ticket with a number of its own, not written yet. */
  blank(by: string | null): Promise<TicketRow>;
  /** The event of a change, for its transaction; `row` is the ticket after it. */
  event(
    type: EventType,
    row: TicketRow,
    text: string,
    origin: { actor: string | null; note: string | null },
  ): SqlStatement;
}

const columnsOnWire = onWire<TicketRow>(ticketShape);

export function createTicketBook(deps: BookDeps): TicketBook {
  const { clock, events, machines, people } = deps;
  const store = createTicketStore(deps.db);
  /** The highest number that was given; null: not read yet. */
  let last: number | null = null;

  function json(row: TicketRow): Ticket {
    const machine = row.machineId === null ? undefined : machines.find(row.machineId);
    return {
      ...columnsOnWire(row),
      id: numberText(row.id),
      assignee: row.assigneeId === null ? null : people.find(row.assigneeId)?.name ?? null,
      overdue: isOverdue(row, clock.now()),
      machine: machine?.path ?? null,
      machine_name: machine?.name ?? null,
    };
  }

  return {
    store,
    json,
    async blank(by) {
      const used = last === null ? await store.lastNumber() : 0;
      const id = last = Math.max(last ?? 0, used) + 1;
      return { ...BLANK, id, createdMs: clock.now(), changedMs: clock.now(), createdBy: by };
    },
    event(type, row, text, { actor, note }) {
      const body: TicketEventBody = { ticket: json(row), note };
      return events.statement({
        type,
        subject: `ticket:${numberText(row.id)}`,
        severity: type === "ticket.overdue" ? "warning" : severityOf(row.priority),
        tMs: clock.now(),
        text,
        actor,
        body,
        route: true,
      });
    },
  };
}

/** What the audit log keeps of a ticket. */
export function auditedOf(row: TicketRow) {
  const { title, description, state, priority, assigneeId, dueMs, machineId, alarmId } = row;
  return { title, description, state, priority, assigneeId, dueMs, machineId, alarmId };
}

const BLANK: TicketRow = {
  id: 0,
  title: "",
  description: "",
  state: "open",
  priority: "normal",
  assigneeId: null,
  dueMs: null,
  machineId: null,
  alarmId: null,
  verdict: null,
  note: null,
  createdMs: 0,
  createdBy: null,
  changedMs: 0,
  changedBy: null,
  startedMs: null,
  resolvedMs: null,
  resolvedBy: null,
  closedMs: null,
  version: 1,
};
