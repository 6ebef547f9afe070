/**
 * What people do with tickets. Each change is one transaction with its event and its audit row. A ticket and
 * its alarm are resolved together in the alarm's transaction, whoever began (`alarm_tickets.ts` writes the
 * ticket's part there), so neither follows the other round in circles.
 */
import type { Alarm } from "../alarms/alarm.ts";
import { PerchError } from "../base/errors.ts";
import type { SqlStatement } from "../db/client.ts";
import { isOvertaken } from "../db/sql_errors.ts";
import type { PageOf } from "../db/list.ts";
import type { Audited } from "../events/note.ts";
import type { Verdict } from "../words/verdict.ts";
import { auditedOf, type BookDeps, createTicketBook, type TicketBook } from "./book.ts";
import {
  changedBy,
  mayMove,
  moved,
  MOVES,
  numberOf,
  numberText,
  type Priority,
  type Ticket,
  type TicketAction,
  type TicketRow,
} from "./ticket.ts";
import type { TicketQuery } from "./ticket_store.ts";
import {
  changeText,
  fasterError,
  fieldError,
  stateError,
  takenError,
  ticketKey,
  wordsKey,
} from "./words.ts";

/** Who acts, and the audit row of what they do. */
export interface By {
  name: string;
  note: Audited;
}

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

export interface MoveOptions {
  /** The version it was read with; left out, the state alone decides. */
  version?: number;
  /** What was done about it, or why. */
  note?: string | null;
  /** Of its alarm; when resolving. */
  verdict?: Verdict | null;
}

export interface TicketsDeps extends BookDeps {
  alarms: {
    find(id: string): Promise<Alarm | null>;
    /**
     * Resolves an open alarm; its transaction writes `extra` and what the ticket's part is.
     * @throws PerchError `conflict` when it was resolved meanwhile
     */
    resolve(
      id: string,
      said: { note: string | null; verdict: Verdict | null },
      by: By,
      extra: readonly SqlStatement[],
    ): Promise<void>;
    /** Keeps what is said of a resolved alarm, with `extra` in its transaction. */
    judge(
      id: string,
      verdict: Verdict,
      by: By,
      extra: readonly SqlStatement[],
    ): Promise<void>;
  };
  /** Tells the live stream. */
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
  /** Writes `ticket.overdue` for those whose due date is over, each once; gives how many. */
  tellOverdue(): Promise<number>;
}

const MOST_OVERDUE_AT_ONCE = 100;

export function createTickets(deps: TicketsDeps): Tickets {
  const { db, clock, machines, people, alarms } = deps;
  const { store, json, blank, event } = deps.book ?? createTicketBook(deps);
  const names = {
    person: (id: string) => people.find(id)?.name ?? null,
    machine: (id: string) => machines.find(id)?.path ?? null,
  };

  async function rowOf(id: string): Promise<TicketRow> {
    const number = numberOf(id);
    const row = number === null ? null : await store.find(number);
    if (row !== null) return row;
    throw new PerchError("not_found", `there is no ticket "${id.slice(0, 40)}"`);
  }

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
    const machine = machines.find(wanted);
    if (machine) return machine.id;
    throw fieldError("machine", `there is no machine "${wanted.slice(0, 200)}"`);
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

  function checkVersion(row: TicketRow, version: number | undefined): void {
    if (version !== undefined && version !== row.version) throw fasterError(row, clock.now());
  }

  async function published(id: number): Promise<Ticket> {
    const ticket = json((await store.find(id))!);
    deps.publish(ticket);
    return ticket;
  }

  /** Writes a change, and says who was faster when somebody was. */
  async function write(
    row: TicketRow,
    statements: SqlStatement[],
    commit: (statements: SqlStatement[]) => Promise<unknown> = db.write,
  ): Promise<Ticket> {
    try {
      await commit(statements);
    } catch (error) {
      if (!isConflict(error)) throw error;
      throw fasterError((await store.find(row.id))!, clock.now());
    }
    return await published(row.id);
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
        by.note({
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
      by.note({
        action: "ticket.update",
        resource: ticketKey(row),
        heeds: [wordsKey(ticketKey(row))],
        before: auditedOf(row),
        after: auditedOf(after),
      }),
    ]);
  }

  async function move(id: string, action: TicketAction, options: MoveOptions, by: By) {
    const row = await rowOf(id);
    if (!mayMove(row.state, action)) throw stateError(row, action, clock.now());
    checkVersion(row, options.version);
    const { verdict = null } = options;
    const note = options.note || null;
    if (verdict !== null && row.alarmId === null) {
      throw fieldError("verdict", "this ticket has no alarm that could be real or false");
    }
    const audit = by.note({
      action: `ticket.${action}`,
      resource: ticketKey(row),
      heeds: [wordsKey(ticketKey(row))],
      before: { state: row.state },
      after: { state: MOVES[action].to, note, verdict },
    });
    const alarm = action === "resolve" && row.alarmId !== null
      ? await alarms.find(row.alarmId)
      : null;
    if (alarm !== null && await resolveBoth(row, alarm.id, { note, verdict }, by, audit)) {
      return await published(row.id);
    }
    const said = { name: by.name, atMs: clock.now(), note, verdict };
    const step = moved(row, action, said);
    const { event: type, done } = MOVES[action];
    const judge = alarm !== null && verdict !== null
      ? (extra: SqlStatement[]) => alarms.judge(alarm.id, verdict, by, extra)
      : undefined;
    return await write(row, [
      store.update(row.id, step, row.version),
      event(type, { ...row, ...step, version: row.version + 1 }, `${numberText(row.id)} ${done}`, {
        actor: by.name,
        note,
      }),
      audit,
    ], judge);
  }

  /**
   * False when the alarm is over already and the ticket is left. Only the alarms can say so, as they change
   * one after the other: a state that was read before may belong to a change that is still being written.
   */
  async function resolveBoth(
    row: TicketRow,
    alarmId: string,
    said: { note: string | null; verdict: Verdict | null },
    by: By,
    audit: SqlStatement,
  ): Promise<boolean> {
    try {
      await alarms.resolve(alarmId, said, by, [audit]);
      return true;
    } catch (error) {
      if (!isConflict(error)) throw error;
      const now = (await store.find(row.id))!;
      if (!mayMove(now.state, "resolve")) throw stateError(now, "resolve", clock.now());
      return false;
    }
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
    counts: () => store.counts(clock.now()),
    create,
    change,
    move,
    async tellOverdue() {
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

/** A conflict of the ticket's own; who overtook a person is named where their request is answered. */
function isConflict(error: unknown): boolean {
  return error instanceof PerchError && error.code === "conflict" && !isOvertaken(error);
}
