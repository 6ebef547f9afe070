import type { Database, SqlStatement } from "../db/client.ts";
import { listPage, type Order, type PageOf, type PageQuery } from "../db/list.ts";
import {
  and,
  asc,
  build,
  count,
  createOrm,
  eq,
  getTableColumns,
  inArray,
  isNull,
  lt,
  lte,
  max,
  onFirstUse,
  or,
  placeholders,
  prepared,
  type SQL,
  sql,
  statementOf,
} from "../db/orm.ts";
import { machines } from "../db/schema/machines.ts";
import { tickets } from "../db/schema/tickets.ts";
import { type Searched, searchedPage } from "../db/searched.ts";
import {
  numberOf,
  PRIORITIES,
  type Priority,
  type TicketRow,
  type TicketState,
  UNRESOLVED,
} from "./ticket.ts";

export const TICKET_SORTS = ["newest", "due", "priority"] as const;
export type TicketSort = typeof TICKET_SORTS[number];

export interface TicketQuery extends PageQuery {
  states?: readonly TicketState[];
  priorities?: readonly Priority[];
  /** Id of a person; null: nobody. */
  assigneeId?: string | null;
  machineId?: string;
  alarmId?: string;
  /** Only those that are past their due date and not resolved at this time. */
  overdueAtMs?: number;
  createdBeforeMs?: number;
  /** Words of the title or description, or a number. */
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
  /** Unresolved ones past their due date that were not reported yet. */
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
  /** Says that its machine had failed, beside a change that counts its version. */
  failed(id: number): SqlStatement;
  /** Tickets of machines that failed: opened when they did, resolved when they ran again. */
  failures(): Promise<{ machineId: string; atMs: number; backMs: number }[]>;
  /** Remembers that this due date was reported as over; a date that somebody set meanwhile is still to come. */
  overdueReported(id: number, dueMs: number): SqlStatement;
}

const { overdueReported: _, ...COLUMNS } = getTableColumns(tickets);
const MOST_AT_ONCE = 500;
/** Later than any due date: those without one come last. */
const NEVER_MS = 9e15;
const RANKS = PRIORITIES.map((priority) => `when '${priority}' then ${rankOf(priority)}`);

const ORDERS: Record<TicketSort, Order<TicketRow> | undefined> = {
  newest: undefined,
  due: {
    by: sql`coalesce(${tickets.dueMs}, ${sql.raw(`${NEVER_MS}`)})`,
    keyOf: ({ dueMs }) => dueMs ?? NEVER_MS,
  },
  priority: {
    by: sql`case ${tickets.priority} ${sql.raw(RANKS.join(" "))} end`,
    keyOf: ({ priority }) => rankOf(priority),
  },
};
const IS_UNRESOLVED = inArray(tickets.state, UNRESOLVED);

const NEW = { ...placeholders(tickets), overdueReported: false };
const insert = prepared<TicketRow>(build.insert(tickets).values(NEW));
const insertOnce = prepared<TicketRow>(
  build.insert(tickets).values(NEW).onConflictDoNothing({ target: tickets.alarmId }),
);

export function createTicketStore(db: Database): TicketStore {
  const orm = createOrm(db);
  const all = () => orm.select(COLUMNS).from(tickets);
  const findOne = onFirstUse(() => all().where(eq(tickets.id, sql.placeholder("id"))).prepare());
  const findDue = onFirstUse(() =>
    all()
      .where(and(
        eq(tickets.overdueReported, false),
        lte(tickets.dueMs, sql.placeholder("nowMs")),
        IS_UNRESOLVED,
      ))
      .orderBy(asc(tickets.dueMs)).limit(sql.placeholder("limit")).prepare()
  );
  return {
    list: (query) =>
      searchedPage(
        orm,
        query.search,
        SEARCHED,
        (fits) => {
          const wanted = [
            ...wantedBy(query),
            query.search ? or(fits, isNumber(query.search)) : fits,
          ];
          return listPage(all(), tickets.id, wanted, query, ORDERS[query.sort ?? "newest"]);
        },
      ),
    find: async (id) => await findOne().get({ id }) ?? null,
    async ofAlarms(alarmIds) {
      const found = new Map<string, TicketRow>();
      for (let from = 0; from < alarmIds.length; from += MOST_AT_ONCE) {
        const some = alarmIds.slice(from, from + MOST_AT_ONCE);
        const rows = await all().where(inArray(tickets.alarmId, some));
        for (const row of rows) found.set(row.alarmId!, row);
      }
      return found;
    },
    async lastNumber() {
      const [{ last }] = await orm.select({ last: max(tickets.id) }).from(tickets);
      return last ?? 0;
    },
    async counts(nowMs) {
      const times = (condition: SQL) => sql<number>`coalesce(sum(${condition}), 0)`;
      const [counts] = await orm.select({
        unresolved: count(),
        overdue: times(lte(tickets.dueMs, nowMs)),
        automatic: times(isNull(tickets.createdBy)),
      }).from(tickets).where(IS_UNRESOLVED);
      return counts;
    },
    due: (nowMs, limit) => findDue().all({ nowMs, limit }),
    insert,
    insertOnce,
    update(id, { version: _, ...change }, version) {
      const unreported = "dueMs" in change ? { overdueReported: false } : {};
      const next = version === null ? sql`${tickets.version} + 1` : version + 1;
      return statementOf(
        build.update(tickets).set({ ...change, ...unreported, version: next }).where(
          eq(tickets.id, id),
        ),
      );
    },
    failed: (id) =>
      statementOf(build.update(tickets).set({ verdict: "failed" }).where(eq(tickets.id, id))),
    async failures() {
      const rows = await orm.select({
        machineId: tickets.machineId,
        atMs: tickets.createdMs,
        backMs: tickets.resolvedMs,
      }).from(tickets).where(eq(tickets.verdict, "failed"));
      return rows.flatMap(({ machineId, atMs, backMs }) =>
        machineId === null || backMs === null ? [] : [{ machineId, atMs, backMs }]
      );
    },
    overdueReported: (id, dueMs) =>
      statementOf(
        build.update(tickets).set({ overdueReported: true })
          .where(and(eq(tickets.id, id), eq(tickets.dueMs, dueMs))),
      ),
  };
}

/** By its words, and by the machine that it is about. */
const SEARCHED: Searched = {
  id: tickets.id,
  columns: [tickets.title, tickets.description],
  about: { key: tickets.machineId, of: machines.id, names: [machines.path, machines.name] },
};

function wantedBy(query: TicketQuery): (SQL | undefined)[] {
  const { states, priorities, assigneeId, machineId, alarmId, overdueAtMs } = query;
  const { createdBeforeMs } = query;
  return [
    states && inArray(tickets.state, states),
    priorities && inArray(tickets.priority, priorities),
    assigneeId === undefined
      ? undefined
      : assigneeId === null
      ? isNull(tickets.assigneeId)
      : eq(tickets.assigneeId, assigneeId),
    machineId === undefined ? undefined : eq(tickets.machineId, machineId),
    alarmId === undefined ? undefined : eq(tickets.alarmId, alarmId),
    createdBeforeMs === undefined ? undefined : lt(tickets.createdMs, createdBeforeMs),
    overdueAtMs === undefined ? undefined : and(lte(tickets.dueMs, overdueAtMs), IS_UNRESOLVED),
  ];
}

/** Has the number that was searched for; undefined when it is none. */
function isNumber(search: string): SQL | undefined {
  const number = numberOf(search);
  return number === null ? undefined : eq(tickets.id, number);
}

/** 0 for the most urgent. */
function rankOf(priority: Priority): number {
  return PRIORITIES.length - 1 - PRIORITIES.indexOf(priority);
}
