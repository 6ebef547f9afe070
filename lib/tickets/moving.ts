/**
 * A ticket on its way through the workflow. A ticket and its alarm are resolved together in the alarm's
 * transaction, whoever began (`alarm_tickets.ts` writes the ticket's part there), so neither follows the other
 * round in circles.
 */
import type { Alarm } from "../alarms/alarm.ts";
import type { Clock } from "../base/clock.ts";
import type { SqlStatement } from "../db/client.ts";
import type { TicketVerdict, Verdict } from "../words/verdict.ts";
import type { TicketBook } from "./book.ts";
import {
  mayMove,
  moved,
  MOVES,
  numberText,
  type Ticket,
  type TicketAction,
  type TicketRow,
} from "./ticket.ts";
import { fieldError, stateError, ticketKey, wordsKey } from "./words.ts";
import { type By, isConflict, type Writing } from "./writing.ts";

export interface MoveOptions {
  /** The version it was read with; left out, the state alone decides. */
  version?: number;
  /** What was done about it, or why. */
  note?: string | null;
  /** Of its alarm, or `failed`; when resolving. */
  verdict?: TicketVerdict | null;
}

/** What tickets ask of the alarms. */
export interface TicketAlarms {
  find(id: string): Promise<Alarm | null>;
  /**
   * Resolves an open alarm; its transaction writes `extra` and what the ticket's part is.
   * @throws PerchError `conflict` when it was resolved meanwhile
   */
  resolve(
    id: string,
    remark: { note: string | null; verdict: Verdict | null },
    by: By,
    extra: readonly SqlStatement[],
  ): Promise<void>;
  /** Gives a resolved alarm its verdict, with `extra` in its transaction. */
  judge(
    id: string,
    verdict: Verdict,
    by: By,
    extra: readonly SqlStatement[],
  ): Promise<void>;
}

/** Moves a ticket; resolving resolves its alarm too. @throws as `Tickets.move` */
export type Move = (
  id: string,
  action: TicketAction,
  options: MoveOptions,
  by: By,
) => Promise<Ticket>;

export function createMoving(
  deps: { clock: Clock; alarms: TicketAlarms; book: TicketBook; writing: Writing },
): Move {
  const { clock, alarms } = deps;
  const { store, event } = deps.book;
  const { rowOf, checkVersion, write, published } = deps.writing;

  async function move(id: string, action: TicketAction, options: MoveOptions, by: By) {
    const row = await rowOf(id);
    if (!mayMove(row.state, action)) throw stateError(row, action, clock.now());
    checkVersion(row, options.version);
    const { verdict = null } = options;
    const note = options.note || null;
    const failed = verdict === "failed";
    if (failed && row.machineId === null) {
      throw fieldError("verdict", "this ticket has no machine that could have failed");
    }
    if (verdict !== null && !failed && row.alarmId === null) {
      throw fieldError("verdict", "this ticket has no alarm that could be real or false");
    }
    const audit = by.audited({
      action: `ticket.${action}`,
      resource: ticketKey(row),
      heeds: [wordsKey(ticketKey(row))],
      before: { state: row.state },
      after: { state: MOVES[action].to, note, verdict },
    });
    const alarm = action === "resolve" && row.alarmId !== null
      ? await alarms.find(row.alarmId)
      : null;
    const ofAlarm = failed ? "real" : verdict;
    // After the ticket's part in the alarm's transaction, which has the alarm's verdict.
    const extra = [audit, ...(failed ? [store.failed(row.id)] : [])];
    if (alarm !== null && await resolveBoth(row, alarm.id, { note, verdict: ofAlarm }, by, extra)) {
      return await published(row.id);
    }
    const step = moved(row, action, { name: by.name, atMs: clock.now(), note, verdict });
    const { event: type, done } = MOVES[action];
    const judge = alarm !== null && ofAlarm !== null
      ? (extra: SqlStatement[]) => alarms.judge(alarm.id, ofAlarm, by, extra)
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
    remark: { note: string | null; verdict: Verdict | null },
    by: By,
    extra: SqlStatement[],
  ): Promise<boolean> {
    try {
      await alarms.resolve(alarmId, remark, by, extra);
      return true;
    } catch (error) {
      if (!isConflict(error)) throw error;
      const now = (await store.find(row.id))!;
      if (!mayMove(now.state, "resolve")) throw stateError(now, "resolve", clock.now());
      return false;
    }
  }

  return move;
}
