import type { Database, SqlStatement } from "../../db/client.ts";
import type { Verdict } from "../../words/verdict.ts";
import type { StoredOutlook } from "./shapes.ts";

/** A time of a machine that a person has called a real fault or a false alarm. */
export interface JudgedPeriod {
  fromMs: number;
  toMs: number;
  verdict: Verdict;
}

/** When people last judged a prediction of a machine or a finding of its sensors. */
export interface LastJudged {
  ms: number;
  falseAlarmMs: number;
}

/** Who gave a verdict, and when. */
export interface Judge {
  name: string;
  atMs: number;
}

/** The verdicts of people, as training reads them: the tables `prediction_feedback` and `finding_feedback`. */
export interface FeedbackStore {
  /**
   * Keeps a person's verdict on a prediction, with `extra` (the audit row) in the same transaction. It counts
   * for the whole time in which the machine was unusual, as far as it is known.
   */
  judge(
    outlook: StoredOutlook,
    verdict: Verdict,
    by: Judge,
    extra: readonly SqlStatement[],
  ): Promise<void>;
  /** The same as a statement, of the newest unusual prediction of a machine up to `tMs`. */
  verdictAt(machine: string, tMs: number, verdict: Verdict, by: Judge): SqlStatement;
  /** Periods of a machine and its sensors (storage numbers) since `sinceMs`, by the last verdict on each. */
  periods(machine: string, sensors: readonly number[], sinceMs: number): Promise<JudgedPeriod[]>;
  /** By machine. */
  lastJudged(): Promise<Map<string, LastJudged>>;
}

// SQL by hand: an insert from a select, and unions of two tables, which drizzle would not make shorter.

const KEPT = 5_000;
const LATEST_OF_PREDICTION = "b.id in (select max(id) from prediction_feedback " +
  "group by prediction_id)";
const LATEST_OF_FINDING = "b.id in (select max(id) from finding_feedback group by finding_id)";

const BOUNDED: SqlStatement = {
  sql: `delete from prediction_feedback where id <= ` +
    `(select max(id) from prediction_feedback) - ${KEPT}`,
};

/** A verdict on the prediction that `which` names, from the first after a normal one to the next normal one. */
function verdictStatement(which: SqlStatement, verdict: Verdict, by: Judge): SqlStatement {
  return {
    sql: "insert into prediction_feedback " +
      "(prediction_id, machine, from_ms, to_ms, verdict, by_name, at_ms) select p.id, p.machine, " +
      "(select min(t_ms) from predictions where machine = p.machine and id <= p.id and id > " +
      "coalesce((select max(id) from predictions where machine = p.machine and id < p.id " +
      "and class = 'normal'), 0)), " +
      "coalesce((select t_ms from predictions where machine = p.machine and id > p.id " +
      `and class = 'normal' order by id limit 1), max(p.t_ms, ?)), ?, ?, ? ` +
      `from predictions p where p.id = ${which.sql}`,
    args: [by.atMs, verdict, by.name, by.atMs, ...which.args ?? []],
  };
}

export function createFeedbackStore(db: Database): FeedbackStore {
  return {
    async judge({ id }, verdict, by, extra) {
      await db.write([verdictStatement({ sql: "?", args: [id] }, verdict, by), BOUNDED, ...extra]);
    },
    verdictAt: (machine, tMs, verdict, by) =>
      verdictStatement(
        {
          sql: "(select max(id) from predictions where machine = ? and t_ms <= ? " +
            "and class <> 'normal')",
          args: [machine, tMs],
        },
        verdict,
        by,
      ),
    async periods(machine, sensors, sinceMs) {
      const { rows } = await db.query({
        sql: "select b.from_ms, b.to_ms, b.verdict from prediction_feedback b " +
          `where b.machine = ? and b.to_ms >= ? and ${LATEST_OF_PREDICTION} union all ` +
          // What was raised lasts until it was cleared.
          "select f.t_ms, coalesce(case when f.phase <> 'point' then (select min(c.t_ms) " +
          "from findings c where c.sensor_num = f.sensor_num and c.detector = f.detector " +
          "and c.id > f.id and c.phase = 'cleared') end, f.t_ms), b.verdict " +
          "from finding_feedback b join findings f on f.id = b.finding_id " +
          `where b.sensor_num in (${sensors.map(() => "?").join(",")}) and f.t_ms >= ? ` +
          `and ${LATEST_OF_FINDING}`,
        args: [machine, sinceMs, ...sensors, sinceMs],
      });
      return rows.map(([fromMs, toMs, verdict]) => ({
        fromMs: Number(fromMs),
        toMs: Number(toMs),
        verdict: String(verdict) as Verdict,
      }));
    },
    async lastJudged() {
      const { rows } = await db.query({
        sql: "select machine, max(at_ms), max(case when verdict = 'false_alarm' then at_ms end) " +
          "from (select machine, at_ms, verdict from prediction_feedback union all " +
          "select s.machine, b.at_ms, b.verdict from finding_feedback b " +
          "join sensors s on s.num = b.sensor_num) group by machine",
      });
      return new Map(rows.map(([machine, ms, falseAlarmMs]) => [
        String(machine),
        { ms: Number(ms), falseAlarmMs: Number(falseAlarmMs ?? 0) },
      ]));
    },
  };
}
