/** What people do with tickets. Each change is one transaction with its event and its audit row. */
import type { PageOf } from "../db/list.ts";
import { machineMeant } from "../machines/places.ts";
import { auditedOf, type BookDeps, createTicketBook, type TicketBook } from "./book.ts";
import {
  changedBy,
  numberOf,
  numberText,
  type Priority,
  type Ticket,
  type TicketAction,
  type TicketRow,
} from "./ticket.ts";
import { createMoving, type MoveOptions, type TicketAlarms } from "./moving.ts";
import type { TicketQuery } from "./ticket_store.ts";
import { changeText, fieldError, takenError, ticketKey, wordsKey } from "./words.ts";
import { type By, createWriting, isConflict } from "./writing.ts";

export interface TicketDraft {
  title: string;
  /** Markdown; default empty. */
  description?: string;
  /** Default `normal`. */
  priority?: Priority;
  /** Id or address of a person; null: nobody. */
  assignee?: string | null;
  due_ms?: number | null;
  /** Path or id; default the alarm's. */
  machine?: string | null;
  /** Id of the alarm it is for. */
  alarm?: string | null;
}

export type TicketPatch =
  & Partial<Omit<TicketDraft, "alarm">>
  /** The version it was read with; left out, the last one to write wins. */
  & { version?: number };

export interface TicketsDeps extends BookDeps {
  alarms: TicketAlarms;
  /** To the live stream. */
  publish: (ticket: Ticket) => void;
  /** Shared with `createAlarmTickets`: one gives the numbers. */
  book?: TicketBook;
}

export interface Tickets {
  list(query: Omit<TicketQuery, "overdueAtMs"> & { overdue?: boolean }): Promise<PageOf<Ticket>>;
  /** By `T-12` or `12`; null when there is none. */
  find(id: string): Promise<Ticket | null>;
  /** @throws `not_found` */
  get(id: string): Promise<Ticket>;
  ofAlarm(alarmId: string): Promise<Ticket | null>;
  /** Machines that failed, and ran again, as resolved tickets say. */
  failures(): Promise<{ machineId: string; atMs: number; backMs: number }[]>;
  counts(): Promise<{ unresolved: number; overdue: number }>;
  /** @throws `validation`; `conflict` when the alarm has one already */
  create(draft: TicketDraft, by: By): Promise<Ticket>;
  /** @throws `not_found`, `validation`; `conflict` naming who was faster */
  change(id: string, patch: TicketPatch, by: By): Promise<Ticket>;
  /**
   * Moves it through the workflow. Resolving resolves its alarm too.
   * @throws `not_found`, `validation`; `conflict` naming who was faster, or the actions that are possible
   */
  move(id: string, action: TicketAction, options: MoveOptions, by: By): Promise<Ticket>;
  /** Writes `ticket.overdue` for those whose due date has passed, each once; gives how many. */
  reportOverdue(): Promise<number>;
}

const MOST_OVERDUE_AT_ONCE = 100;

export function createTickets(deps: TicketsDeps): Tickets {
  const { db, clock, machines, people, alarms } = deps;
  const book = deps.book ?? createTicketBook(deps);
  const { store, json, blank, event } = book;
  const writing = createWriting({ ...deps, book });
  const { rowOf, checkVersion, write, published } = writing;
  const names = {
    person: (id: string) => people.find(id)?.name ?? null,
    machine: (id: string) => machines.find(id)?.path ?? null,
  };

  function assigneeIdOf(wanted: string | null): string | null {
    if (wanted === null) return null;
    const person = people.find(wanted);
    if (person?.able) return person.id;
    throw fieldError(
      "assignee",
      person === undefined
        ? `there is no person "${wanted.slice(0, 80)}"`
        : `${person.name} is no engineer or admin who can sign in`,
    );
  }

  function machineIdOf(wanted: string | null): string | null {
    if (wanted === null) return null;
    const machine = machines.find(wanted) ??
      machines.find(machineMeant(wanted, machines.all(), "machine"));
    return machine!.id;
  }

  /** Columns that a patch changes. */
  function changeOf(row: TicketRow, patch: TicketPatch): Partial<TicketRow> {
    const { title, description, priority, due_ms: dueMs, assignee, machine } = patch;
    const wanted = {
      title,
      description,
      priority,
      dueMs,
      assigneeId: assignee === undefined ? undefined : assigneeIdOf(assignee),
      machineId: machine === undefined ? undefined : machineIdOf(machine),
    };
    return Object.fromEntries(
      Object.entries(wanted).filter(([key, value]) =>
        value !== undefined && row[key as keyof TicketRow] !== value
      ),
    );
  }

  async function create(draft: TicketDraft, by: By): Promise<Ticket> {
    const alarm = draft.alarm ? await alarms.find(draft.alarm) : null;
    if (draft.alarm && alarm === null) {
      throw fieldError("alarm", `there is no alarm "${draft.alarm.slice(0, 40)}"`);
    }
    const takenBy = async () =>
      alarm === null ? undefined : (await store.ofAlarms([alarm.id])).get(alarm.id);
    const known = await takenBy();
    if (known) throw takenError(known);
    const assigneeId = assigneeIdOf(draft.assignee ?? null);
    const machineId = machineIdOf(draft.machine ?? alarm?.machine_id ?? null);
    const row: TicketRow = {
      ...await blank(by.name),
      changedBy: by.name,
      title: draft.title,
      description: draft.description ?? "",
      priority: draft.priority ?? "normal",
      assigneeId,
      dueMs: draft.due_ms ?? null,
      machineId,
      alarmId: alarm?.id ?? null,
    };
    const text = `${numberText(row.id)} was opened: ${row.title}`;
    try {
      await db.write([
        store.insert(row),
        event("ticket.created", row, text, { actor: by.name, note: null }),
        by.audited({
          action: "ticket.create",
          resource: ticketKey(row),
          // One that its alarm does not know of yet would stay open when that is resolved.
          touches: [ticketKey(row), ...(alarm === null ? [] : [`alarm:${alarm.id}`])],
          after: auditedOf(row),
        }),
      ]);
    } catch (error) {
      const faster = isConflict(error) ? await takenBy() : undefined;
      throw faster ? takenError(faster) : error;
    }
    return await published(row.id);
  }

  async function change(id: string, patch: TicketPatch, by: By): Promise<Ticket> {
    const row = await rowOf(id);
    checkVersion(row, patch.version);
    const wanted = changeOf(row, patch);
    if (Object.keys(wanted).length === 0) return json(row);
    const step = { ...wanted, ...changedBy(by.name, clock.now()) };
    const after = { ...row, ...step, version: row.version + 1 };
    const text = `${numberText(row.id)}: ${changeText(row, after, names)}`;
    return await write(row, [
      store.update(row.id, step, row.version),
      event("ticket.changed", after, text, { actor: by.name, note: null }),
      by.audited({
        action: "ticket.update",
        resource: ticketKey(row),
        heeds: [wordsKey(ticketKey(row))],
        before: auditedOf(row),
        after: auditedOf(after),
      }),
    ]);
  }

  return {
    async list({ overdue, ...query }) {
      const overdueAtMs = overdue === true ? clock.now() : undefined;
      const page = await store.list({ ...query, overdueAtMs });
      return { items: page.items.map(json), next: page.next };
    },
    async find(id) {
      const number = numberOf(id);
      const row = number === null ? null : await store.find(number);
      return row === null ? null : json(row);
    },
    get: async (id) => json(await rowOf(id)),
    async ofAlarm(alarmId) {
      const row = (await store.ofAlarms([alarmId])).get(alarmId);
      return row === undefined ? null : json(row);
    },
    failures: () => store.failures(),
    counts: () => store.counts(clock.now()),
    create,
    change,
    move: createMoving({ clock, alarms, book, writing }),
    async reportOverdue() {
      const due = await store.due(clock.now(), MOST_OVERDUE_AT_ONCE);
      for (const row of due) {
        const text = `${numberText(row.id)} is overdue: ${row.title}`;
        await db.write([
          store.overdueReported(row.id, row.dueMs!),
          event("ticket.overdue", row, text, { actor: null, note: null }),
        ]);
        deps.publish(json(row));
      }
      return due.length;
    },
  };
}
