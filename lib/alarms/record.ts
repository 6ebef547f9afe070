/** An alarm as it is kept: what is shown of it, and what its next step depends on. */
import type { AlarmRow } from "../db/schema/alarms.ts";
import type { EventType } from "../events/event.ts";
import type { Severity } from "../words/severity.ts";
import type { AlarmSource } from "./alarm.ts";

/** One thing that an alarm is about. Its first is what it was raised for; the others are further evidence. */
export interface Condition {
  /** `sensor:<id>:<detector>`, `machine:<id>:prediction`, `system:<rule>`, `system:<rule>:<name>`, `person:<id>`. */
  key: string;
  /** The alarm that it would raise by itself; silent sensors of a machine share one. */
  cause: string;
  source: AlarmSource;
  /** Whose finding it is; null for predictions, rules about Perch and people. */
  detector: string | null;
  /** Storage number. */
  sensor: number | null;
  severity: Severity;
  /** One sentence without a final stop. */
  text: string;
  value: number | null;
  limit: number | null;
  /** A single odd reading: nothing stands, it is over once it has been quiet. */
  point: boolean;
  /** Stands. Always false of a point. */
  present: boolean;
  count: number;
  firstMs: number;
  lastMs: number;
  /** Ids in the findings; null where it is none. */
  firstFinding: number | null;
  lastFinding: number | null;
}

/** An alarm as it is kept; its columns are explained in `lib/db/schema/alarms.ts`. */
export interface AlarmRecord extends Omit<AlarmRow, "sensorName" | "conditions" | "timing"> {
  conditions: Condition[];
  timing: Timing;
}

/** What a list shows of it: nothing that only its next step depends on. */
export type AlarmSummary = Omit<AlarmRecord, "conditions" | "drivers" | "dueMs">;

/** Times by the host's clock that its next step depends on. */
export interface Timing {
  /** When it came, newest last; as many as flapping needs. */
  cameMs: number[];
  /** When it last came, went or was seen. */
  movedMs: number;
  /** Escalation counts from here. */
  escalateMs: number;
  /** Since when it stands and is as severe as it is; absent: since it was raised, or not known. */
  severityMs?: number;
}

export function isOpen(alarm: Pick<AlarmRecord, "state">): boolean {
  return alarm.state !== "resolved";
}

/** The host's clock was set by `byMs`: what waits continues to wait as long as before. */
export function shifted(alarm: AlarmRecord, byMs: number): AlarmRecord {
  const { cameMs, movedMs, escalateMs } = alarm.timing;
  const moved = (tMs: number | null) => tMs === null ? null : tMs + byMs;
  return {
    ...alarm,
    shelvedUntilMs: moved(alarm.shelvedUntilMs),
    dueMs: moved(alarm.dueMs),
    timing: {
      cameMs: cameMs.map((tMs) => tMs + byMs),
      movedMs: movedMs + byMs,
      escalateMs: escalateMs + byMs,
    },
  };
}

/** A resolved alarm without a condition that another alarm has taken over. */
export function released(alarm: AlarmRecord, key: string): AlarmRecord {
  const conditions = alarm.conditions.map((one) =>
    one.key === key ? { ...one, present: false } : one
  );
  const present = conditions.some((one) => one.present);
  return { ...alarm, present, conditions, version: alarm.version + 1 };
}

/** A step of an alarm: becomes an event of the log. */
export interface Step {
  type: Extract<EventType, `alarm.${string}`>;
  /** The alarm right after it. */
  alarm: AlarmRecord;
  /** Name of who did it; null: Perch itself. */
  actor: string | null;
  /** The remark that came with it. */
  note: string | null;
}
