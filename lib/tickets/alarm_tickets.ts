/**
 * DESIGN. What alarms do to tickets, in the alarms' own transaction. The tickets of the alarms concerned are
 * read first, a pure decision (`stepOf`) is taken for each transition, and statements come back. They change
 * single columns (`version + 1`), so a person who works on the ticket in the same moment does not make the
 * alarm's transaction fail. An alarm that is repeated after a crash finds its ticket and opens no second one.
 */
import type { Alarm } from "../alarms/alarm.ts";
import type { AlarmTransition } from "../alarms/keeper.ts";
import type { Log } from "../base/log.ts";
import type { SqlStatement } from "../db/client.ts";
import type { EventType } from "../events/event.ts";
import type { Audited } from "../events/audit_change.ts";
import { auditedOf, type TicketBook } from "./book.ts";
import { type AutomaticOptions, stepOf, type TicketStep } from "./from_alarms.ts";
import { ticketKey, wordsKey } from "./words.ts";
import { changedBy, moved, numberText, type Ticket, type TicketRow } from "./ticket.ts";

export interface AlarmTickets {
  /** What these transitions do to the tickets of their alarms, for the alarms' transaction. */
  alongside(transitions: readonly AlarmTransition[], audited?: Audited): Promise<SqlStatement[]>;
  /** Publishes the tickets of these alarms, once `alongside` is committed. */
  announce(alarmIds: readonly string[]): Promise<void>;
  /** A sentence when alarms have opened as many tickets as they may, else null. */
  full(): Promise<string | null>;
}

export interface AlarmTicketsDeps {
  book: TicketBook;
  clock: { now(): number };
  log: Log;
  automatic: () => AutomaticOptions;
  /** Audit rows of what alarms do. */
  audited: Audited;
  publish: (ticket: Ticket) => void;
  /** Most unresolved tickets that alarms may have opened; default 500. */
  most?: number;
}

const MOST = 500;
const TITLE_MOST = 200;

export function createAlarmTickets(deps: AlarmTicketsDeps): AlarmTickets {
  const { clock, log, most = MOST } = deps;
  const { store, json, blank, event } = deps.book;
  let warnedFull = false;

  async function room(): Promise<number> {
    return most - (await store.counts(clock.now())).automatic;
  }

  function warnFull(): void {
    if (!warnedFull) log.warn(fullText(most));
    warnedFull = true;
  }

  async function opened({ alarm }: AlarmTransition, step: TicketStep & { kind: "open" }) {
    return {
      ...await blank(null),
      title: titleOf(alarm),
      priority: step.priority,
      machineId: alarm.machine_id,
      alarmId: alarm.id,
    };
  }

  /** The columns that a step changes. */
  function changeOf(row: TicketRow, step: TicketStep, { alarm, note, actor }: AlarmTransition) {
    const by = { name: actor, atMs: clock.now(), note, verdict: alarm.verdict };
    switch (step.kind) {
      case "resolve":
        return moved(row, "resolve", by);
      case "reopen":
        return moved(row, "reopen", by);
      case "raise_priority":
        return { priority: step.priority, ...changedBy(actor, clock.now()) };
      default:
        return {};
    }
  }

  function audit(
    audited: Audited,
    action: string,
    before: TicketRow | null,
    after: TicketRow,
  ): SqlStatement {
    return audited({
      action: `ticket.${action}`,
      resource: ticketKey(after),
      heeds: [wordsKey(ticketKey(after))],
      before: before === null ? undefined : auditedOf(before),
      after: auditedOf(after),
    });
  }

  function change(row: TicketRow, step: TicketStep, transition: AlarmTransition, by: Audited) {
    const columns = changeOf(row, step, transition);
    const after = { ...row, ...columns, version: row.version + 1 };
    const { type, action, text } = eventOf(step, row, after);
    const { actor, note } = transition;
    const logged = event(type, after, text, { actor, note });
    const statements = action === null
      ? [logged]
      : [store.update(row.id, columns, null), logged, audit(by, action, row, after)];
    return { after, statements };
  }

  return {
    async alongside(transitions, by = deps.audited) {
      const known = await store.ofAlarms([...new Set(transitions.map(({ alarm }) => alarm.id))]);
      const automatic = deps.automatic();
      let left: number | null = null;
      const out: SqlStatement[] = [];
      for (const transition of transitions) {
        const { id } = transition.alarm;
        const row = known.get(id) ?? null;
        const step = stepOf(transition, row, automatic);
        if (step === null) continue;
        if (row !== null) {
          const { after, statements } = change(row, step, transition, by);
          known.set(id, after);
          out.push(...statements);
        } else if (step.kind === "open") {
          left ??= await room();
          if (left-- <= 0) {
            warnFull();
            continue;
          }
          const ticket = await opened(transition, step);
          known.set(id, ticket);
          const text = `${numberText(ticket.id)} was opened: ${ticket.title}`;
          out.push(
            store.insertOnce(ticket),
            event("ticket.created", ticket, text, { actor: null, note: null }),
            audit(by, "create", null, ticket),
          );
        }
      }
      return out;
    },
    async announce(alarmIds) {
      for (const row of (await store.ofAlarms(alarmIds)).values()) deps.publish(json(row));
    },
    async full() {
      if (await room() <= 0) return fullText(most);
      warnedFull = false;
      return null;
    },
  };
}

/** The event of a step, and its action in the audit log where columns change. */
function eventOf(
  step: TicketStep,
  before: TicketRow,
  after: TicketRow,
): { type: EventType; action: string | null; text: string } {
  const number = numberText(before.id);
  switch (step.kind) {
    case "resolve":
      return {
        type: "ticket.resolved",
        action: "resolve",
        text: `${number} was resolved with its alarm`,
      };
    case "reopen":
      return {
        type: "ticket.reopened",
        action: "reopen",
        text: `${number} is open again: its alarm was reopened`,
      };
    case "raise_priority":
      return {
        type: "ticket.changed",
        action: "update",
        text: `${number}: priority ${before.priority} → ${after.priority}`,
      };
    case "record":
      return { type: "ticket.changed", action: null, text: `${number}: ${step.text}` };
    case "open":
      throw new Error("an alarm has one ticket");
  }
}

/** What is wrong, and where. */
function titleOf({ machine_name, title }: Alarm): string {
  const whole = machine_name === null ? title : `${machine_name}: ${title}`;
  return whole.slice(0, TITLE_MOST);
}

function fullText(most: number): string {
  return `alarms have opened ${most} tickets that nobody has resolved; ` +
    "they open no more until some are";
}
