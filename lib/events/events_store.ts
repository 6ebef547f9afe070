import { randomId } from "../base/ids.ts";
import type { Database, SqlStatement } from "../db/client.ts";
import {
  conditions,
  containing,
  listPage,
  type PageOf,
  type PageQuery,
  type Row,
  rowsOf,
} from "../db/list.ts";
import type { Severity } from "../words/severity.ts";
import type { EventDraft, EventType, LoggedEvent } from "./event.ts";

export interface EventQuery extends PageQuery {
  /** A type, or the part before its dot (`alarm`). */
  type?: string;
  subject?: string;
  severity?: Severity;
  /** Part of the sentence or of the actor's name. */
  search?: string;
  fromMs?: number;
  /** Exclusive. */
  toMs?: number;
}

/** The one event log: append-only. */
export interface EventLog {
  /** The row as a statement, to be written in the transaction of what it tells of. */
  statement(draft: EventDraft): SqlStatement;
  append(draft: EventDraft): Promise<void>;
  /** Newest first. */
  list(query: EventQuery): Promise<PageOf<LoggedEvent>>;
  find(id: number): Promise<LoggedEvent | null>;
  /** Events that wait to be routed, oldest first. */
  toRoute(limit: number): Promise<LoggedEvent[]>;
  /** Marks them as routed; belongs into the transaction that writes what became of them. */
  routed(ids: readonly number[]): SqlStatement;
}

const COLUMNS = "id, uid, type, subject, severity, t_ms, text, actor, body";
const UID_LENGTH = 24;

export function createEventLog(db: Database): EventLog {
  return {
    statement,
    append: async (draft) => void await db.write([statement(draft)]),
    async list(query) {
      const wanted = conditions();
      if (query.type !== undefined) {
        // `alarm` is everything between `alarm.` and `alarm/`, the character after the dot.
        wanted.add("(type = ? or (type >= ? and type < ?))", ...span(query.type));
      }
      if (query.subject !== undefined) wanted.add("subject = ?", query.subject);
      if (query.severity !== undefined) wanted.add("severity = ?", query.severity);
      if (query.fromMs !== undefined) wanted.add("t_ms >= ?", query.fromMs);
      if (query.toMs !== undefined) wanted.add("t_ms < ?", query.toMs);
      if (query.search !== undefined && query.search !== "") {
        const pattern = containing(query.search);
        wanted.add("(text like ? escape '\\' or actor like ? escape '\\')", pattern, pattern);
      }
      const page = await listPage(db, `select ${COLUMNS} from events`, wanted, query);
      return { items: page.items.map(eventOf), next: page.next };
    },
    async find(id) {
      const result = await db.query({
        sql: `select ${COLUMNS} from events where id = ?`,
        args: [id],
      });
      const [row] = rowsOf(result);
      return row === undefined ? null : eventOf(row);
    },
    async toRoute(limit) {
      const result = await db.query({
        sql: `select ${COLUMNS} from events where route = 1 order by id limit ?`,
        args: [limit],
      });
      return rowsOf(result).map(eventOf);
    },
    routed: (ids) => ({
      sql: `update events set route = 0 where id in (${ids.map(() => "?").join(",")})`,
      args: [...ids],
    }),
  };
}

function statement(draft: EventDraft): SqlStatement {
  return {
    sql: "insert into events (uid, type, subject, severity, t_ms, text, actor, body, route) " +
      "values (?,?,?,?,?,?,?,?,?)",
    args: [
      randomId(UID_LENGTH),
      draft.type,
      draft.subject,
      draft.severity,
      Math.trunc(draft.tMs),
      draft.text,
      draft.actor,
      JSON.stringify(draft.body ?? null),
      draft.route ? 1 : 0,
    ],
  };
}

function span(type: string): [string, string, string] {
  return [type, `${type}.`, `${type}/`];
}

function eventOf(row: Row): LoggedEvent {
  return {
    id: Number(row.id),
    uid: String(row.uid),
    type: String(row.type) as EventType,
    subject: String(row.subject),
    severity: String(row.severity) as Severity,
    tMs: Number(row.t_ms),
    text: String(row.text),
    actor: row.actor === null ? null : String(row.actor),
    body: JSON.parse(String(row.body)),
  };
}
