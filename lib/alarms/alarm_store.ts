import type { Database, SqlStatement } from "../db/client.ts";
import { isOrBelow, listPage, type PageOf, type PageQuery } from "../db/list.ts";
import {
  and,
  asc,
  build,
  columnsBut,
  createOrm,
  emptyColumns,
  eq,
  excluded,
  getTableColumns,
  gte,
  inArray,
  literally,
  lt,
  ne,
  onFirstUse,
  or,
  placeholders,
  prepared,
  type SQL,
  sql,
  statementOf,
  union,
} from "../db/orm.ts";
import { alarmCursors, type AlarmRow, alarms } from "../db/schema/alarms.ts";
import { events } from "../db/schema/events.ts";
import { machines } from "../db/schema/machines.ts";
import { type Searched, searchedPage } from "../db/searched.ts";
import type { Severity } from "../words/severity.ts";
import type { AlarmSource, AlarmState } from "./alarm.ts";
import type { AlarmRecord, AlarmSummary } from "./record.ts";

export interface AlarmQuery extends PageQuery {
  states?: readonly AlarmState[];
  severities?: readonly Severity[];
  sources?: readonly AlarmSource[];
  /** Path of a machine, or of an area: all below it. */
  machine?: string;
  /** Storage number. */
  sensor?: number;
  /** Words of the title, the machine's path or the sensor's name. */
  search?: string;
  /** Raised at or after. */
  fromMs?: number;
  /** Raised before. */
  toMs?: number;
  /** Open, or resolved at or after. */
  overFromMs?: number;
}

export type CursorName = "findings" | "predictions" | "sites";

/** The tables `alarms` and `alarm_cursors`. */
export interface AlarmStore {
  /** Newest first. */
  list(query: AlarmQuery): Promise<PageOf<AlarmSummary>>;
  find(id: number): Promise<AlarmRecord | null>;
  /** Open ones, those whose condition stands, and those that moved since `sinceMs`. */
  live(sinceMs: number): Promise<AlarmRecord[]>;
  /** Largest id that was ever given. */
  lastId(): Promise<number>;
  cursor(name: CursorName): Promise<number>;
  /** `sensorName`: to be found by. `was`: the row as it is; left out: there is none. */
  /** Which of these causes there was an alarm of; at most a page of them. */
  knownCauses(causes: readonly string[]): Promise<Set<string>>;
  put(alarm: AlarmRecord, sensorName: string | null, was?: AlarmRecord | null): SqlStatement;
  moveCursor(name: CursorName, id: number): SqlStatement;
  /** The machine at `from` stands at `to` now. */
  move(from: string, to: string): SqlStatement;
  /**
   * Deletes at most `most` alarms that were resolved before `beforeMs`, and their events.
   * @returns how many
   */
  purge(beforeMs: number, most: number): Promise<number>;
}

/** Only `move` gives an alarm another machine, whatever else is written in the same moment. */
const CHANGING = columnsBut(alarms, ["id", "machine"]);
/** Columns that indexes are made of: a change that leaves them alone costs less. */
const INDEXED = ["id", "state", "machine", "sensor", "shelvedUntilMs", "resolvedMs"] as const;
const TOUCHED = columnsBut(alarms, INDEXED);

/** All columns but the sensor's name, which is only there to be found by. */
const { sensorName: _, ...RECORD } = getTableColumns(alarms);
/** Without the conditions, which are the larger part of a row. */
const { conditions: _conditions, drivers: _drivers, dueMs: _dueMs, ...SUMMARY } = RECORD;

/** What has not happened to an alarm when it is raised, and what it may not have at all. */
export const NOTHING_YET = emptyColumns(RECORD);

/** By its words, and by what its machine is called. */
const SEARCHED: Searched = {
  id: alarms.id,
  columns: [alarms.title, alarms.machine, alarms.sensorName],
  about: { key: alarms.machine, of: machines.path, names: [machines.name] },
};

const IS_RESOLVED = eq(alarms.state, "resolved");

const insertOrChange = prepared<AlarmRow>(
  build.insert(alarms).values(placeholders(alarms))
    .onConflictDoUpdate({ target: alarms.id, set: excluded(alarms, CHANGING) }),
);
const touch = prepared<AlarmRow>(
  build.update(alarms).set(placeholders(alarms, TOUCHED))
    .where(eq(alarms.id, sql.placeholder("id"))),
);

export function createAlarmStore(db: Database): AlarmStore {
  const orm = createOrm(db);
  const findOne = onFirstUse(() =>
    orm.select(RECORD).from(alarms).where(eq(alarms.id, sql.placeholder("id"))).prepare()
  );
  const since = sql.placeholder("sinceMs");
  // A union, and what stands as text: so SQLite reads the open ones through the index of just those.
  const findLive = onFirstUse(() =>
    union(
      orm.select(RECORD).from(alarms)
        .where(literally(or(ne(alarms.state, "resolved"), eq(alarms.present, true)))),
      orm.select(RECORD).from(alarms).where(
        and(IS_RESOLVED, gte(alarms.resolvedMs, since)),
      ),
      orm.select(RECORD).from(alarms).where(gte(alarms.shelvedUntilMs, since)),
    ).orderBy(asc(alarms.id)).prepare()
  );
  return {
    async list(query) {
      const summaries = () => orm.select(SUMMARY).from(alarms);
      return await searchedPage(
        orm,
        query.search,
        SEARCHED,
        (fits) => listPage(summaries(), alarms.id, [...wantedBy(query), fits], query),
      ) as PageOf<AlarmSummary>;
    },
    async find(id) {
      return await findOne().get({ id }) as AlarmRecord | undefined ?? null;
    },
    async live(sinceMs) {
      return await findLive().all({ sinceMs: Math.trunc(sinceMs) }) as AlarmRecord[];
    },
    async lastId() {
      const { rows } = await db.query({
        sql: "select seq from sqlite_sequence where name = 'alarms'",
      });
      return Number(rows[0]?.[0] ?? 0);
    },
    async cursor(name) {
      const row = await orm.select().from(alarmCursors).where(eq(alarmCursors.name, name)).get();
      return row?.id ?? 0;
    },
    async knownCauses(causes) {
      if (causes.length === 0) return new Set();
      const rows = await orm.selectDistinct({ cause: alarms.cause }).from(alarms)
        .where(inArray(alarms.cause, [...causes]));
      return new Set(rows.map(({ cause }) => cause));
    },
    put(alarm, sensorName, was = null) {
      const write = was === null || !sameIndexed(alarm, was) ? insertOrChange : touch;
      return write({ ...alarm, sensorName });
    },
    moveCursor: (name, id) =>
      statementOf(
        build.insert(alarmCursors).values({ name, id })
          .onConflictDoUpdate({ target: alarmCursors.name, set: { id } }),
      ),
    move: (from, to) =>
      statementOf(build.update(alarms).set({ machine: to }).where(eq(alarms.machine, from))),
    async purge(beforeMs, most) {
      const isOld = and(IS_RESOLVED, eq(alarms.present, false), lt(alarms.resolvedMs, beforeMs));
      const old = await orm.select({ id: alarms.id }).from(alarms).where(isOld)
        .orderBy(asc(alarms.resolvedMs)).limit(most);
      if (old.length === 0) return 0;
      // Asked again in the transaction: one may have opened meanwhile.
      const stillOld = and(inArray(alarms.id, old.map(({ id }) => id)), isOld);
      const subjects = build.select({ subject: sql`'alarm:' || ${alarms.id}` }).from(alarms)
        .where(stillOld);
      const [, gone] = await db.write([
        statementOf(
          build.delete(events)
            .where(and(eq(events.route, false), inArray(events.subject, subjects))),
        ),
        statementOf(build.delete(alarms).where(stillOld)),
      ]);
      return gone.rowsAffected;
    },
  };
}

function wantedBy(query: AlarmQuery): (SQL | undefined)[] {
  const { states, severities, sources, machine, sensor, fromMs, toMs, overFromMs } = query;
  return [
    states && inArray(alarms.state, states),
    severities && inArray(alarms.severity, severities),
    sources && inArray(alarms.source, sources),
    machine === undefined ? undefined : isOrBelow(alarms.machine, machine, "/"),
    sensor === undefined ? undefined : eq(alarms.sensor, sensor),
    fromMs === undefined ? undefined : gte(alarms.raisedMs, fromMs),
    toMs === undefined ? undefined : lt(alarms.raisedMs, toMs),
    overFromMs === undefined
      ? undefined
      : or(ne(alarms.state, "resolved"), gte(alarms.resolvedMs, overFromMs)),
  ];
}

function sameIndexed(a: AlarmRecord, b: AlarmRecord): boolean {
  return a.state === b.state && a.machine === b.machine && a.sensor === b.sensor &&
    a.shelvedUntilMs === b.shelvedUntilMs && a.resolvedMs === b.resolvedMs;
}
