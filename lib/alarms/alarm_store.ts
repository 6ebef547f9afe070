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
import type { AlarmSource, AlarmState } from "./alarm.ts";
import type { AlarmRecord } from "./record.ts";

export interface AlarmQuery extends PageQuery {
  states?: readonly AlarmState[];
  severities?: readonly Severity[];
  sources?: readonly AlarmSource[];
  /** Path of a machine, or of an area: all below it. */
  machine?: string;
  /** Storage number. */
  sensor?: number;
  /** Part of the title, the machine's path or the sensor's name. */
  search?: string;
  /** Raised at or after. */
  fromMs?: number;
  /** Raised before. */
  toMs?: number;
}

export type CursorName = "findings" | "predictions";

/** The tables `alarms` and `alarm_cursors`. */
export interface AlarmStore {
  /** Newest first. */
  list(query: AlarmQuery): Promise<PageOf<AlarmRecord>>;
  find(id: number): Promise<AlarmRecord | null>;
  /** Open ones, those whose condition stands, and those that moved since `sinceMs`. */
  live(sinceMs: number): Promise<AlarmRecord[]>;
  /** Largest id that was ever given. */
  lastId(): Promise<number>;
  cursor(name: CursorName): Promise<number>;
  /** `sensorName`: to be found by. `was`: the row as it is; left out: there is none. */
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

const COLUMNS = [
  "id",
  "cause",
  "source",
  "severity",
  "state",
  "title",
  "machine",
  "sensor_num",
  "sensor",
  "value",
  "limit_value",
  "count",
  "present",
  "flapping",
  "maintenance",
  "raised_ms",
  "last_ms",
  "cleared_ms",
  "acknowledged_ms",
  "acknowledged_by",
  "shelved_until_ms",
  "resolved_ms",
  "resolved_by",
  "note",
  "verdict",
  "escalated",
  "version",
  "conditions",
  "drivers",
  "timing",
  "due_ms",
];
/** Only `move` gives an alarm another machine, whatever else is written in the same moment. */
const CHANGING = COLUMNS.filter((column) => column !== "id" && column !== "machine");
const PUT =
  `insert into alarms (${COLUMNS.join(", ")}) values (${COLUMNS.map(() => "?").join(",")}) ` +
  "on conflict (id) do update set " +
  CHANGING.map((column) => `${column} = excluded.${column}`).join(", ");

/** Columns that indexes are made of: a change that leaves them alone costs less. */
const INDEXED = ["id", "state", "machine", "sensor_num", "shelved_until_ms", "resolved_ms"];
const TOUCHED = COLUMNS.filter((column) => !INDEXED.includes(column));
const TOUCH = `update alarms set ${
  TOUCHED.map((column) => `${column} = ?`).join(", ")
} where id = ?`;

export function createAlarmStore(db: Database): AlarmStore {
  return {
    async list(query) {
      const wanted = conditionsOf(query);
      const { items, next } = await listPage(db, "select * from alarms", wanted, query);
      return { items: items.map(recordOf), next };
    },
    async find(id) {
      const result = await db.query({ sql: "select * from alarms where id = ?", args: [id] });
      const [row] = rowsOf(result);
      return row === undefined ? null : recordOf(row);
    },
    async live(sinceMs) {
      const result = await db.query({
        sql: "select * from alarms where state <> 'resolved' or present = 1 " +
          "union select * from alarms where state = 'resolved' and resolved_ms >= ?1 " +
          "union select * from alarms where shelved_until_ms >= ?1 order by id",
        args: [Math.trunc(sinceMs)],
      });
      return rowsOf(result).map(recordOf);
    },
    async lastId() {
      const { rows } = await db.query({
        sql: "select seq from sqlite_sequence where name = 'alarms'",
      });
      return Number(rows[0]?.[0] ?? 0);
    },
    async cursor(name) {
      const { rows } = await db.query({
        sql: "select id from alarm_cursors where name = ?",
        args: [name],
      });
      return Number(rows[0]?.[0] ?? 0);
    },
    put(alarm, sensorName, was = null) {
      const values = valuesOf(alarm, sensorName);
      if (was === null || !sameIndexed(alarm, was)) return { sql: PUT, args: values };
      const touched = values.filter((_, i) => !INDEXED.includes(COLUMNS[i]));
      return { sql: TOUCH, args: [...touched, alarm.id] };
    },
    moveCursor: (name, id) => ({
      sql: "update alarm_cursors set id = ? where name = ?",
      args: [id, name],
    }),
    move: (from, to) => ({
      sql: "update alarms set machine = ? where machine = ?",
      args: [to, from],
    }),
    async purge(beforeMs, most) {
      const { rows } = await db.query({
        sql: "select id from alarms where state = 'resolved' and present = 0 and resolved_ms < ? " +
          "order by resolved_ms limit ?",
        args: [Math.trunc(beforeMs), most],
      });
      if (rows.length === 0) return 0;
      const ids = rows.map(([id]) => Number(id));
      const marks = ids.map(() => "?").join(",");
      await db.write([
        {
          sql: `delete from events where route = 0 and subject in (${marks})`,
          args: ids.map((id) => `alarm:${id}`),
        },
        { sql: `delete from alarms where id in (${marks})`, args: ids },
      ]);
      return ids.length;
    },
  };
}

function conditionsOf(query: AlarmQuery) {
  const wanted = conditions();
  if (query.states !== undefined) wanted.oneOf("state", query.states);
  if (query.severities !== undefined) wanted.oneOf("severity", query.severities);
  if (query.sources !== undefined) wanted.oneOf("source", query.sources);
  if (query.machine !== undefined) {
    // Everything below an area lies between `area/` and `area0`, the character after the slash.
    const { machine } = query;
    wanted.add(
      "(machine = ? or (machine >= ? and machine < ?))",
      machine,
      `${machine}/`,
      `${machine}0`,
    );
  }
  if (query.sensor !== undefined) wanted.add("sensor_num = ?", query.sensor);
  if (query.fromMs !== undefined) wanted.add("raised_ms >= ?", query.fromMs);
  if (query.toMs !== undefined) wanted.add("raised_ms < ?", query.toMs);
  if (query.search !== undefined && query.search !== "") {
    const part = containing(query.search);
    wanted.add(
      "(title like ? escape '\\' or machine like ? escape '\\' or sensor like ? escape '\\')",
      part,
      part,
      part,
    );
  }
  return wanted;
}

function sameIndexed(a: AlarmRecord, b: AlarmRecord): boolean {
  return a.state === b.state && a.machine === b.machine && a.sensor === b.sensor &&
    a.shelvedUntilMs === b.shelvedUntilMs && a.resolvedMs === b.resolvedMs;
}

function valuesOf(alarm: AlarmRecord, sensorName: string | null) {
  const flag = (on: boolean) => on ? 1 : 0;
  return [
    alarm.id,
    alarm.cause,
    alarm.source,
    alarm.severity,
    alarm.state,
    alarm.title,
    alarm.machine,
    alarm.sensor,
    sensorName,
    alarm.value,
    alarm.limit,
    alarm.count,
    flag(alarm.present),
    flag(alarm.flapping),
    flag(alarm.maintenance),
    Math.trunc(alarm.raisedMs),
    Math.trunc(alarm.lastMs),
    whole(alarm.clearedMs),
    whole(alarm.acknowledgedMs),
    alarm.acknowledgedBy,
    whole(alarm.shelvedUntilMs),
    whole(alarm.resolvedMs),
    alarm.resolvedBy,
    alarm.note,
    alarm.verdict,
    alarm.escalated,
    alarm.version,
    JSON.stringify(alarm.conditions),
    JSON.stringify(alarm.drivers),
    JSON.stringify(alarm.timing),
    whole(alarm.dueMs),
  ];
}

function whole(tMs: number | null): number | null {
  return tMs === null ? null : Math.trunc(tMs);
}

function recordOf(row: Row): AlarmRecord {
  const text = (value: Row[string]) => value === null ? null : String(value);
  const number = (value: Row[string]) => value === null ? null : Number(value);
  return {
    id: Number(row.id),
    cause: String(row.cause),
    source: String(row.source) as AlarmSource,
    severity: String(row.severity) as Severity,
    state: String(row.state) as AlarmState,
    title: String(row.title),
    machine: text(row.machine),
    sensor: number(row.sensor_num),
    value: number(row.value),
    limit: number(row.limit_value),
    count: Number(row.count),
    present: Number(row.present) === 1,
    flapping: Number(row.flapping) === 1,
    maintenance: Number(row.maintenance) === 1,
    raisedMs: Number(row.raised_ms),
    lastMs: Number(row.last_ms),
    clearedMs: number(row.cleared_ms),
    acknowledgedMs: number(row.acknowledged_ms),
    acknowledgedBy: text(row.acknowledged_by),
    shelvedUntilMs: number(row.shelved_until_ms),
    resolvedMs: number(row.resolved_ms),
    resolvedBy: text(row.resolved_by),
    note: text(row.note),
    verdict: text(row.verdict) as AlarmRecord["verdict"],
    escalated: Number(row.escalated),
    version: Number(row.version),
    conditions: JSON.parse(String(row.conditions)),
    drivers: JSON.parse(String(row.drivers)),
    timing: JSON.parse(String(row.timing)),
    dueMs: number(row.due_ms),
  };
}
