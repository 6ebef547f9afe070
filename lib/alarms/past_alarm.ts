/** An alarm that came and went elsewhere before it was heard of here. Pure. */
import type { Severity } from "../words/severity.ts";
import { NOTHING_YET } from "./alarm_store.ts";
import type { AlarmRecord } from "./record.ts";

export interface PastAlarm {
  /** As the open alarm would have had it: it is kept once. */
  cause: string;
  severity: Severity;
  title: string;
  /** Path; null: Perch itself. */
  machine: string | null;
  value: number | null;
  limit: number | null;
  /** How often it came. */
  count: number;
  raisedMs: number;
  resolvedMs: number;
  acknowledgedBy: string | null;
  /** Null: it ended by itself. */
  resolvedBy: string | null;
}

/** What its page and its history say. */
export const PAST_NOTE = "it came and went there before this Perch heard of it";

/** What is kept of it: it is over, and nothing will move it. */
export function pastRecord(past: PastAlarm, id: number, nowMs: number): AlarmRecord {
  const { cause, severity, machine, value, limit, count, raisedMs, acknowledgedBy } = past;
  const lastMs = Math.max(raisedMs, past.resolvedMs);
  return {
    ...NOTHING_YET,
    ...{ id, cause, source: "system", severity, title: past.title, machine, value, limit },
    ...{ state: "resolved", count, present: false, flapping: false, maintenance: false },
    ...{ raisedMs, lastMs, clearedMs: lastMs, resolvedMs: lastMs },
    ...{ acknowledgedBy, resolvedBy: past.resolvedBy, note: PAST_NOTE },
    ...{ escalated: 0, version: 1, drivers: [] },
    conditions: [{
      ...{ key: cause, cause, source: "system", detector: null, sensor: null, severity },
      ...{ text: past.title, value, limit, point: false, present: false, count },
      ...{ firstMs: raisedMs, lastMs, firstFinding: null, lastFinding: null },
    }],
    // As long ago as it ended: an alarm that comes again within the time of repeats opens this one.
    timing: { cameMs: [], movedMs: Math.min(lastMs, nowMs), escalateMs: lastMs },
  };
}
