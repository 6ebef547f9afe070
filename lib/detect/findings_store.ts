import type { Database, SqlStatement, SqlValue } from "../db/client.ts";
import type { Severity } from "../words/severity.ts";
import type { Verdict } from "../words/verdict.ts";
import type { Finding, FindingPhase, Reason } from "./detector.ts";
import { thresholdAfter } from "./runner/plan.ts";

/** A finding with its name: (detector, sensor, group, item) exists once, however often it is found. */
export interface NamedFinding {
  /** Storage number. */
  sensor: number;
  groupId: number;
  /** Place of the reading in its group; negative at a tick. */
  item: number;
  finding: Finding;
}

/** A finding as stored. */
export interface StoredFinding {
  id: number;
  /** Storage number. */
  sensor: number;
  detector: string;
  tMs: number;
  phase: FindingPhase;
  severity: Severity;
  score: number;
  reason: Reason;
  /** What a person said of it last; null while nobody did. */
  verdict: Verdict | null;
}

/** What a verdict needs to know of a finding. */
export type FindingName = Pick<StoredFinding, "id" | "sensor" | "detector">;
/** Who says it, and when. */
export interface Judge {
  name: string;
  atMs: number;
}

export interface FindingQuery {
  /** Storage numbers; left out: all. At most 500 count. */
  sensors?: readonly number[];
  detector?: string;
  severity?: Severity;
  /** Left out: all phases. */
  phases?: readonly FindingPhase[];
  fromMs?: number;
  /** Exclusive. */
  toMs?: number;
  limit: number;
  /** Only findings with a smaller id. */
  beforeId?: number;
  /** Only this one and later ones. */
  fromId?: number;
}

/** Findings on disk: append-only, the oldest of a detector go when it has too many. */
export interface FindingStore {
  /** Stores what is not stored yet, with `extra` in the same transaction; gives what was new. */
  add(found: readonly NamedFinding[], extra?: readonly SqlStatement[]): Promise<StoredFinding[]>;
  /** Newest first. */
  list(query: FindingQuery): Promise<StoredFinding[]>;
  find(id: number): Promise<StoredFinding | null>;
  /** Those that were stored after the one with this id, oldest first. */
  after(id: number, limit: number): Promise<StoredFinding[]>;
  /** Keeps what a person said, with `extra` (the audit row) in the same transaction. */
  say(
    finding: FindingName,
    verdict: Verdict,
    by: Judge,
    extra: readonly SqlStatement[],
  ): Promise<void>;
  /** The same as a statement of somebody else's transaction. */
  saying(finding: FindingName, verdict: Verdict, by: Judge): SqlStatement;
  /** Thresholds of the streaming detector that feedback has moved, by storage number. */
  thresholds(sensor?: number): Promise<Map<number, number>>;
  /** Statements that remove everything that is kept of a sensor's detection. */
  forget(sensor: number): SqlStatement[];
  /** Deletes the oldest findings of each detector that has more than it keeps. */
  trim(): Promise<void>;
}

/** Findings kept per detector. */
const KEEP_PER_DETECTOR = 100_000;
const SENSORS_MOST = 500;

const COLUMNS = "f.id, f.sensor_num, f.detector, f.t_ms, f.phase, f.severity, f.score, f.reason, " +
  "(SELECT verdict FROM finding_feedback b WHERE b.finding_id = f.id ORDER BY b.id DESC LIMIT 1)";

export function createFindingStore(db: Database, keep = KEEP_PER_DETECTOR): FindingStore {
  return {
    async add(found, extra = []) {
      if (found.length === 0 && extra.length === 0) return [];
      const results = await db.write([...found.map(insert), ...extra]);
      return found.flatMap(({ sensor, finding }, i) => {
        const [row] = results[i].rows;
        return row === undefined ? [] : [{ id: Number(row[0]), sensor, ...finding, verdict: null }];
      });
    },
    async list(query) {
      const { where, args } = conditions(query);
      const { rows } = await db.query({
        sql: `SELECT ${COLUMNS} FROM findings f ${where} ORDER BY f.id DESC LIMIT ?`,
        args: [...args, query.limit],
      });
      return rows.map(stored);
    },
    async find(id) {
      const { rows } = await db.query({
        sql: `SELECT ${COLUMNS} FROM findings f WHERE f.id = ?`,
        args: [id],
      });
      return rows.length === 0 ? null : stored(rows[0]);
    },
    async after(id, limit) {
      const { rows } = await db.query({
        sql: `SELECT ${COLUMNS} FROM findings f WHERE f.id > ? ORDER BY f.id LIMIT ?`,
        args: [id, limit],
      });
      return rows.map(stored);
    },
    saying,
    async say(finding, verdict, by, extra) {
      await db.write([saying(finding, verdict, by), ...extra]);
    },
    async thresholds(sensor) {
      // The latest word on each finding counts.
      const { rows } = await db.query({
        sql: "SELECT sensor_num, sum(verdict = 'false_alarm'), sum(verdict = 'real') " +
          "FROM finding_feedback WHERE detector = 'streaming' AND (?1 IS NULL OR sensor_num = ?1) " +
          "AND id IN (SELECT max(id) FROM finding_feedback GROUP BY finding_id) GROUP BY sensor_num",
        args: [sensor ?? null],
      });
      return new Map(
        rows.map(([num, falseAlarms, real]) => [
          Number(num),
          thresholdAfter({ falseAlarms: Number(falseAlarms), real: Number(real) }),
        ]),
      );
    },
    forget: (sensor) =>
      ["findings", "finding_feedback", "detector_states"].map((table) => ({
        sql: `DELETE FROM ${table} WHERE sensor_num = ?`,
        args: [sensor],
      })),
    async trim() {
      const { rows } = await db.query({ sql: "SELECT DISTINCT detector FROM findings" });
      for (const [detector] of rows) {
        await db.write([{
          sql: "DELETE FROM findings WHERE detector = ?1 AND id <= (SELECT id FROM findings " +
            "WHERE detector = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
          args: [detector, keep],
        }]);
      }
    },
  };
}

function saying(finding: FindingName, verdict: Verdict, by: Judge): SqlStatement {
  return {
    sql: "INSERT INTO finding_feedback (finding_id, sensor_num, detector, verdict, by_name, " +
      "at_ms) VALUES (?,?,?,?,?,?)",
    args: [finding.id, finding.sensor, finding.detector, verdict, by.name, by.atMs],
  };
}

function insert({ sensor, groupId, item, finding }: NamedFinding): SqlStatement {
  const { detector, tMs, phase, severity, score, reason } = finding;
  return {
    sql: "INSERT INTO findings (sensor_num, detector, group_id, item, t_ms, phase, severity, " +
      "score, reason) VALUES (?,?,?,?,?,?,?,?,?) " +
      "ON CONFLICT (detector, sensor_num, group_id, item) DO NOTHING RETURNING id",
    args: [
      sensor,
      detector,
      groupId,
      item,
      Math.trunc(tMs),
      phase,
      severity,
      score,
      JSON.stringify(reason),
    ],
  };
}

function conditions(query: FindingQuery): { where: string; args: SqlValue[] } {
  const parts: string[] = [];
  const args: SqlValue[] = [];
  const and = (sql: string, ...values: SqlValue[]) => {
    parts.push(sql);
    args.push(...values);
  };
  const oneOf = (values: readonly unknown[]) => values.map(() => "?").join(",");
  if (query.sensors !== undefined) {
    const sensors = query.sensors.slice(0, SENSORS_MOST);
    and(`f.sensor_num IN (${oneOf(sensors)})`, ...sensors);
  }
  if (query.phases !== undefined) and(`f.phase IN (${oneOf(query.phases)})`, ...query.phases);
  if (query.detector !== undefined) and("f.detector = ?", query.detector);
  if (query.severity !== undefined) and("f.severity = ?", query.severity);
  if (query.fromMs !== undefined) and("f.t_ms >= ?", query.fromMs);
  if (query.toMs !== undefined) and("f.t_ms < ?", query.toMs);
  if (query.beforeId !== undefined) and("f.id < ?", query.beforeId);
  if (query.fromId !== undefined) and("f.id >= ?", query.fromId);
  return { where: parts.length === 0 ? "" : `WHERE ${parts.join(" AND ")}`, args };
}

function stored(row: readonly SqlValue[]): StoredFinding {
  const [id, sensor, detector, tMs, phase, severity, score, reason, verdict] = row;
  return {
    id: Number(id),
    sensor: Number(sensor),
    detector: String(detector),
    tMs: Number(tMs),
    phase: String(phase) as FindingPhase,
    severity: String(severity) as Severity,
    score: Number(score),
    reason: JSON.parse(String(reason)),
    verdict: verdict === null ? null : String(verdict) as Verdict,
  };
}
