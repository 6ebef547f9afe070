import type { Database, SqlStatement, SqlValue } from "../db/client.ts";
import {
  conditions,
  containing,
  listPage,
  type PageOf,
  type PageOrder,
  type PageQuery,
  type Row,
  rowsOf,
} from "../db/list.ts";
import { numberOf, PRIORITIES, type TicketRow, type TicketState, UNRESOLVED } from "./ticket.ts";

export const TICKET_SORTS = ["newest", "due", "priority"] as const;
export type TicketSort = typeof TICKET_SORTS[number];

export interface TicketQuery extends PageQuery {
  states?: readonly TicketState[];
  priorities?: readonly string[];
  /** Id of a person; null: nobody. */
  assigneeId?: string | null;
  machineId?: string;
  alarmId?: string;
  /** Only those that are past their due date and not resolved at this time. */
  overdueAtMs?: number;
  /** Part of the title or description, or a number. */
  search?: string;
  sort?: TicketSort;
}

/** The table `tickets`. */
export interface TicketStore {
  list(query: TicketQuery): Promise<PageOf<TicketRow>>;
  find(id: number): Promise<TicketRow | null>;
  /** By the alarm they belong to. */
  ofAlarms(alarmIds: readonly string[]): Promise<Map<string, TicketRow>>;
  /** The highest number in use; 0 when there is none. */
  lastNumber(): Promise<number>;
  /** Unresolved ones, those past their due date, and those that alarms opened. */
  counts(nowMs: number): Promise<{ unresolved: number; overdue: number; automatic: number }>;
  /** Unresolved ones past their due date of which nobody was told. */
  due(nowMs: number, limit: number): Promise<TicketRow[]>;
  /** The transaction fails with `conflict` when its alarm has one already. */
  insert(row: TicketRow): SqlStatement;
  /** Writes nothing when its alarm has one already. */
  insertOnce(row: TicketRow): SqlStatement;
  /**
   * Changes the given columns. With `version`, the version it was read with, the transaction fails with
   * `conflict` when somebody changed it meanwhile.
   */
  update(id: number, change: Partial<TicketRow>, version: number | null): SqlStatement;
  /** Remembers that the due date being over was told. */
  told(id: number): SqlStatement;
}

/** Columns by field, in the order of the table. */
const COLUMNS = {
  id: "id",
  title: "title",
  description: "description",
  state: "state",
  priority: "priority",
  assigneeId: "assignee_id",
  dueMs: "due_ms",
  machineId: "machine_id",
  alarmId: "alarm_id",
  verdict: "verdict",
  note: "note",
  createdMs: "created_ms",
  createdBy: "created_by",
  changedMs: "changed_ms",
  changedBy: "changed_by",
  startedMs: "started_ms",
  resolvedMs: "resolved_ms",
  resolvedBy: "resolved_by",
  closedMs: "closed_ms",
  version: "version",
} as const satisfies Record<keyof TicketRow, string>;
const FIELDS = Object.keys(COLUMNS) as (keyof TicketRow)[];
const NAMES = Object.values(COLUMNS).join(", ");
const MOST_AT_ONCE = 500;
/** Later than any due date: those without one come last. */
const NEVER_MS = 9e15;

const ORDERS: Record<TicketSort, PageOrder | undefined> = {
  newest: undefined,
  due: {
    sql: `coalesce(due_ms, ${NEVER_MS})`,
    keyOf: (row) => Number(row.due_ms ?? NEVER_MS),
  },
  priority: {
    sql: `case priority ${PRIORITIES.map((p) => `when '${p}' then ${rankOf(p)}`).join(" ")} end`,
    keyOf: (row) => rankOf(String(row.priority)),
  },
};
const quoted = (states: readonly string[]) => states.map((state) => `'${state}'`).join(",");
const IS_UNRESOLVED = `state in (${quoted(UNRESOLVED)})`;

export function createTicketStore(db: Database): TicketStore {
  const rows = async (sql: string, args: SqlValue[]) =>
    rowsOf(await db.query({ sql: `select ${NAMES} from tickets ${sql}`, args })).map(ticketRow);
  return {
    async list(query) {
      const wanted = conditions();
      if (query.states !== undefined) wanted.oneOf("state", query.states);
      if (query.priorities !== undefined) wanted.oneOf("priority", query.priorities);
      if (query.assigneeId === null) wanted.add("assignee_id is null");
      else if (query.assigneeId !== undefined) wanted.add("assignee_id = ?", query.assigneeId);
      if (query.machineId !== undefined) wanted.add("machine_id = ?", query.machineId);
      if (query.alarmId !== undefined) wanted.add("alarm_id = ?", query.alarmId);
      if (query.overdueAtMs !== undefined) {
        wanted.add(`due_ms <= ? and ${IS_UNRESOLVED}`, query.overdueAtMs);
      }
      if (query.search !== undefined && query.search !== "") {
        const part = containing(query.search);
        wanted.add(
          "(title like ? escape '\\' or description like ? escape '\\' or id = ?)",
          part,
          part,
          numberOf(query.search),
        );
      }
      const select = `select ${NAMES} from tickets`;
      const page = await listPage(db, select, wanted, query, ORDERS[query.sort ?? "newest"]);
      return { items: page.items.map(ticketRow), next: page.next };
    },
    find: async (id) => (await rows("where id = ?", [id]))[0] ?? null,
    async ofAlarms(alarmIds) {
      const found = new Map<string, TicketRow>();
      for (let from = 0; from < alarmIds.length; from += MOST_AT_ONCE) {
        const some = alarmIds.slice(from, from + MOST_AT_ONCE);
        const marks = some.map(() => "?").join(",");
        for (const row of await rows(`where alarm_id in (${marks})`, some)) {
          found.set(row.alarmId!, row);
        }
      }
      return found;
    },
    async lastNumber() {
      const { rows } = await db.query({ sql: "select coalesce(max(id), 0) from tickets" });
      return Number(rows[0][0]);
    },
    async counts(nowMs) {
      const { rows } = await db.query({
        sql:
          "select count(*), coalesce(sum(due_ms <= ?), 0), coalesce(sum(created_by is null), 0) " +
          `from tickets where ${IS_UNRESOLVED}`,
        args: [nowMs],
      });
      const [unresolved, overdue, automatic] = rows[0].map(Number);
      return { unresolved, overdue, automatic };
    },
    due: (nowMs, limit) =>
      rows(
        `where overdue_told = 0 and due_ms <= ? and ${IS_UNRESOLVED} order by due_ms limit ?`,
        [nowMs, limit],
      ),
    insert,
    insertOnce(row) {
      const { sql, args } = insert(row);
      return { sql: `${sql} on conflict (alarm_id) do nothing`, args };
    },
    update(id, change, version) {
      const fields = (Object.keys(change) as (keyof TicketRow)[]).filter((f) => f !== "version");
      const sets = fields.map((field) => `${COLUMNS[field]} = ?`);
      if ("dueMs" in change) sets.push("overdue_told = 0");
      sets.push(version === null ? "version = version + 1" : "version = ?");
      const args: SqlValue[] = fields.map((field) => change[field]!);
      if (version !== null) args.push(version + 1);
      return { sql: `update tickets set ${sets.join(", ")} where id = ?`, args: [...args, id] };
    },
    told: (id) => ({ sql: "update tickets set overdue_told = 1 where id = ?", args: [id] }),
  };
}

function insert(row: TicketRow): SqlStatement {
  const marks = FIELDS.map(() => "?").join(",");
  return {
    sql: `insert into tickets (${NAMES}, overdue_told) values (${marks}, 0)`,
    args: FIELDS.map((field) => row[field]),
  };
}

/** 0 for the most urgent. */
function rankOf(priority: string): number {
  return PRIORITIES.length - 1 - (PRIORITIES as readonly string[]).indexOf(priority);
}

function ticketRow(row: Row): TicketRow {
  return Object.fromEntries(
    FIELDS.map((field) => [field, row[COLUMNS[field]]]),
  ) as unknown as TicketRow;
}
